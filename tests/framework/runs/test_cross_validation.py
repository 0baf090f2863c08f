"""Folds in lock-step: the same bits as alone, each interrupted, continued and stopped alone."""

import json
import signal

import pytest
import torch
from ignite.engine import Events
from run_digest import differences, digest_of

from framework.contracts import Handler
from framework.errors import DataError, PluginError, RunLockedError, TrainingError
from framework.events import FitEvents
from framework.runs.directory import RunDirectory
from framework.runs.interruption import Interrupted
from framework.runs.records import OVER, read_state

pytestmark = pytest.mark.slow

FOLDS = "cross_validation={num_folds: 3}"
STOPPED = "early_stopping={patience: 1, min_delta: 0.012}"
PRUNED = "weight_pruning={every_num_epochs: 2, groups: [{network: encoder, amount: 0.3}]}"
LONGER = "training={num_epochs: 4, batch_size: 64}"

PLUGIN = '''
import math
from pathlib import Path
from ignite.engine import Events
from framework import DataBundle, Dataset, Figure, Handler, ImageSet, hookimpl

class Poison(Handler):
    """Makes a batch of one fold NaN."""

    def __init__(self, *, fold: int, iteration: int) -> None:
        self.fold, self.iteration = fold, iteration

    def attach(self, trainer, evaluator, run):
        if run.directory.name == f"fold-{self.fold}":
            trainer.add_event_handler(Events.ITERATION_STARTED, self.poison, trainer)

    def poison(self, trainer):
        if trainer.state.iteration == self.iteration:
            trainer.state.batch.images.fill_(math.nan)

class Undrawable(Figure):
    """Cannot be drawn."""

    def draw(self, run):
        raise ValueError("no picture")

class Sealed(ImageSet):
    """Cannot be read before there is a file."""

    def __getattribute__(self, name):
        seal = object.__getattribute__(self, "__dict__").get("seal")
        if name in {"images", "labels", "subset", "to"} and seal and not seal.exists():
            raise RuntimeError(f"{name} of the test split are read too early")
        return super().__getattribute__(name)

class SealedImages(Dataset):
    """The tiny images with a test split that cannot be read before there is a file."""

    def __init__(self, *, seal: Path) -> None:
        self.seal = seal

    @property
    def info(self):
        return self._images().info

    def fingerprint(self):
        return self._images().fingerprint()

    def load(self):
        bundle = self._images().load()
        test = Sealed(bundle.test.images, bundle.test.labels)
        object.__setattr__(test, "seal", self.seal)
        return DataBundle(bundle.train, test)

    def _images(self):
        import tiny_images
        return tiny_images.TinyImages()

@hookimpl
def provide_datasets():
    return {"sealed_images": SealedImages}

@hookimpl
def provide_handlers():
    return {"poison": Poison}

@hookimpl
def provide_figures():
    return {"undrawable": Undrawable}
'''


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "troubles.py"
    path.write_text(PLUGIN)
    return path


@pytest.fixture(scope="module")
def whole(carried_out_in, tmp_path_factory):
    """A cross-validation that nothing has disturbed."""
    return carried_out_in(tmp_path_factory.mktemp("whole"), FOLDS, LONGER, STOPPED, PRUNED)


class At(Handler):
    """Calls a function at an event of the fits."""

    def __init__(self, event, call):
        self.event, self.call = event, call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(self.event, self.call, run)


def at_iteration(label, number, call):
    """Calls a function at the end of an iteration, counted from 1, of one of the fits."""
    seen = []

    def count(run):
        seen.extend([number] * (run.label == label))
        if len(seen) == number and run.label == label:
            call()

    return At(Events.ITERATION_COMPLETED, count)


def terminate():
    signal.raise_signal(signal.SIGTERM)


def die():
    raise KeyboardInterrupt


def folds_of(directory):
    return sorted(directory.glob("fold-*"))


def digests_of(directory):
    """Digests of all folds and of what is kept of them."""
    folds = {path.name: digest_of(path) for path in folds_of(directory)}
    state = json.loads((directory / "state.json").read_text())
    names = ("best.safetensors", "out_of_fold.safetensors", "figures/weight_digests.png")
    files = {name: (directory / name).read_bytes() for name in names}
    values = {name: state[name] for name in ("status", "best", "test", "kept", "note")}
    return folds | files | values


def the_run_in(folder):
    (state,) = folder.glob("tiny/*/state.json")
    return state.parent


@pytest.mark.parametrize("number", [0, 2])
def test_fold_alone_ends_with_the_same_bits_as_in_the_series(
    whole, carried_out_in, tmp_path, number
):
    fold = f"cross_validation={{num_folds: 3, fold: {number}}}"
    alone = carried_out_in(tmp_path, fold, LONGER, STOPPED, PRUNED)
    expected = digest_of(whole.directory / f"fold-{number}")
    assert differences(expected, digest_of(alone.directory)) == []
    assert alone.test == {}


def test_folds_are_different_and_end_on_their_own(whole):
    assert [part.directory.name for part in whole.parts] == ["fold-0", "fold-1", "fold-2"]
    assert {part.status for part in whole.parts} <= set(OVER)
    digests = [digest_of(part.directory) for part in whole.parts]
    assert len({digest["networks"] for digest in digests}) == 3
    assert len({part.epoch for part in whole.parts}) > 1
    assert len({part.seed for part in whole.parts}) == 3
    sparsities = [
        json.loads((part.directory / "metrics.jsonl").read_text().splitlines()[1])[
            "sparsity/encoder.all"
        ]
        for part in whole.parts
    ]
    assert sparsities == [pytest.approx(0.3, abs=0.01)] * 3


def test_directory_of_the_whole_holds_what_is_kept_and_no_fit(whole):
    found = {path.name for path in whole.directory.iterdir()}
    assert found == {
        *("recipe.yaml", "resolved.yaml", "meta.json", "state.json", "result.json", "log.txt"),
        *("run.lock", "report.html", "best.safetensors", "out_of_fold.safetensors", "figures"),
        *("fold-0", "fold-1", "fold-2"),
    }
    assert whole.seconds == pytest.approx(sum(part.seconds for part in whole.parts))


def test_folds_take_turns_and_are_named(carried_out_in, tmp_path):
    order, told = [], []
    at_end = At(FitEvents.SAVING, lambda run: order.append((run.epoch, run.label)))
    record = carried_out_in(tmp_path, FOLDS, announce=told.append, handlers=[at_end])
    assert order == [(epoch, f"fold {fold}") for epoch in (1, 2) for fold in range(3)]
    assert told == [f"run directory: {record.directory}"]


def test_all_folds_share_one_copy_of_the_images(carried_out_in, tmp_path):
    addresses, sizes = set(), []

    class Looking(Handler):
        def attach(self, trainer, evaluator, run):  # noqa: ARG002
            for loader in (run._train_loader, run._validation_loader):
                addresses.add(loader._images.data_ptr())
                sizes.append(len(loader._images))

    carried_out_in(tmp_path, FOLDS, handlers=[Looking()])
    assert sizes == [256] * 6
    assert len(addresses) == 1


@pytest.mark.parametrize(("label", "number"), [("fold 0", 1), ("fold 1", 5), ("fold 2", 9)])
def test_interrupted_cross_validation_goes_on_to_the_same_bits(
    whole, carried_out_in, tmp_path, label, number
):
    asked = (tmp_path, FOLDS, LONGER, STOPPED, PRUNED)
    with pytest.raises(Interrupted) as caught:
        carried_out_in(*asked, handlers=[at_iteration(label, number, terminate)])
    path = the_run_in(tmp_path)
    assert caught.value.exit_code == 143
    assert f"framework run {path}" in str(caught.value)
    assert read_state(path).status == "interrupted"
    statuses = {read_state(fold).status for fold in folds_of(path)}
    assert "interrupted" in statuses
    assert statuses <= {"interrupted", *OVER}
    record = carried_out_in(*asked)
    assert record.directory == path
    assert differences(digests_of(whole.directory), digests_of(path)) == []


def test_fold_that_is_over_is_not_trained_again(carried_out_in, tmp_path):
    enough = At(FitEvents.VALIDATED, lambda run: run.label == "fold 0" and run.stop("enough"))
    late = at_iteration("fold 1", 4, terminate)  # in the second epoch
    with pytest.raises(Interrupted):
        carried_out_in(tmp_path, FOLDS, handlers=[enough, late])
    path = the_run_in(tmp_path)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (path / "fold-0").rglob("*")}
    trained = set()
    looking = At(Events.ITERATION_COMPLETED, lambda run: trained.add(run.label))
    record = carried_out_in(tmp_path, FOLDS, handlers=[looking])
    assert trained == {"fold 1", "fold 2"}
    assert [part.status for part in record.parts] == ["early_stopped", "finished", "finished"]
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (path / "fold-0").rglob("*")}
    assert after == before


def test_fold_that_died_before_it_was_measured_is_concluded(whole, carried_out_in, tmp_path):
    asked = (tmp_path, FOLDS, LONGER, STOPPED, PRUNED)
    dying = At(FitEvents.FIT_ENDED, lambda run: run.label == "fold 1" and die())
    with pytest.raises(KeyboardInterrupt):
        carried_out_in(*asked, handlers=[dying])
    assert read_state(the_run_in(tmp_path) / "fold-1").status == "running"
    record = carried_out_in(*asked)
    assert differences(digests_of(whole.directory), digests_of(record.directory)) == []


def test_what_a_kill_leaves_while_folds_are_made_is_cleared(carried_out_in, tmp_path):
    with pytest.raises(Interrupted):
        carried_out_in(tmp_path, FOLDS, handlers=[at_iteration("fold 0", 1, terminate)])
    path = the_run_in(tmp_path)
    draft = path / ".tmp-fold-2-1234abcd"
    (path / "fold-2").rename(draft)
    assert carried_out_in(tmp_path, FOLDS).status == "finished"
    assert not draft.exists()
    assert len(folds_of(path)) == 3


def test_finished_cross_validation_is_shown_and_nothing_written(whole, carried_out_in):
    folder = whole.directory.parents[1]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = carried_out_in(folder, FOLDS, LONGER, STOPPED, PRUNED)
    assert again == whole.shown_again()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_test_split_is_not_read_before_all_folds_are_trained(carried_out_in, plugin, tmp_path):
    seal = tmp_path / "seal"
    dataset = f"dataset={{type: sealed_images, seal: {seal}}}"
    asked = (tmp_path, FOLDS, dataset)
    with pytest.raises(PluginError, match="of the test split are read too early"):
        carried_out_in(*asked, plugins=[plugin])
    path = the_run_in(tmp_path)
    # the folds themselves did without it; what is kept of them does not
    assert [read_state(fold).status for fold in folds_of(path)] == ["finished"] * 3
    seal.touch()
    record = carried_out_in(*asked, plugins=[plugin])
    assert record.test.keys() == {"loss", "largest_error"}
    assert [part.test for part in record.parts] == [{}] * 3


def test_fold_that_diverges_is_named_and_the_others_are_saved(carried_out_in, plugin, tmp_path):
    poison = "handlers=[{type: poison, fold: 1, iteration: 5}]"
    with pytest.raises(TrainingError) as caught:
        carried_out_in(tmp_path, FOLDS, poison, plugins=[plugin])
    path = the_run_in(tmp_path)
    (fault,) = caught.value.faults
    assert caught.value.exit_code == 6
    assert (fault.identifier, fault.place) == ("T039", str(path / "fold-1"))
    assert read_state(path).status == read_state(path / "fold-1").status == "diverged"
    assert read_state(path).reason == fault.message
    assert [read_state(fold).checkpoint.epoch for fold in folds_of(path)] == [2, 1, 1]


def test_figures_that_fail_are_told_once_everything_is_done(carried_out_in, plugin, tmp_path):
    with pytest.raises(PluginError) as caught:
        carried_out_in(tmp_path, FOLDS, "figures=[undrawable]", plugins=[plugin])
    assert [fault.identifier for fault in caught.value.faults] == ["P013"] * 4
    path = the_run_in(tmp_path)
    assert read_state(path).status == "finished"
    assert read_state(path).test.keys() == {"loss", "largest_error"}


def test_fold_at_which_another_process_works_is_left_at_once(carried_out_in, tmp_path):
    with pytest.raises(Interrupted):
        carried_out_in(tmp_path, FOLDS, handlers=[at_iteration("fold 0", 1, terminate)])
    fold = the_run_in(tmp_path) / "fold-1"
    with RunDirectory(fold).lock(), pytest.raises(RunLockedError, match="fold-1"):
        carried_out_in(tmp_path, FOLDS)
    assert carried_out_in(tmp_path, FOLDS).status == "finished"


@pytest.mark.parametrize(
    ("override", "identifier"),
    [
        ("cross_validation={num_folds: 257}", "D033"),
        ("cross_validation={num_folds: 1000000000}", "D033"),
        ("cross_validation={num_folds: 65, stratified: true}", "D033"),
        ("training={num_epochs: 1, batch_size: 180, drop_last: true}", "D034"),
    ],
)
def test_data_that_do_not_fit_leave_nothing_behind(carried_out_in, tmp_path, override, identifier):
    with pytest.raises(DataError) as caught:
        carried_out_in(tmp_path, FOLDS, override)
    assert caught.value.faults[0].identifier == identifier
    assert not (tmp_path / "tiny").exists()


def test_split_of_what_is_refit_is_looked_at_before_any_fold_is_trained(carried_out_in, tmp_path):
    refit = "cross_validation={num_folds: 3, keep: refit}"
    with pytest.raises(DataError) as caught:
        carried_out_in(tmp_path, refit, "validation.fraction=0.999")
    assert caught.value.faults[0].identifier == "D032"
    assert not (tmp_path / "tiny").exists()


def test_threads_do_not_change_with_the_folds(whole):
    assert torch.get_num_threads() == 1
    for part in whole.parts:
        assert json.loads((part.directory / "meta.json").read_text())["num_threads"] == 1
