"""The run that is meant is found, continued or made, and never a wrong one."""

import json
import signal
import threading
from pathlib import Path

import pytest
import torch

from framework.contracts import Handler
from framework.discovery import discover
from framework.errors import CheckpointError, DataError, PluginError, RunLockedError
from framework.events import FitEvents
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.reports.reporting import report_if_over
from framework.runs.carry_out import carry_out, continue_run, find_run
from framework.runs.directory import RunDirectory
from framework.runs.identity import identity_of
from framework.runs.interruption import Interrupted
from framework.runs.options import Options
from framework.runs.records import read_state

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[2] / "support"
SHORT = ("training={num_epochs: 2, batch_size: 64}", "early_stopping=null", "checkpointing=null")

PLUGIN = '''
from framework import DataBundle, DataInfo, Dataset, hookimpl
import torch

class Troubled(Dataset):
    """Fails where it is told to."""

    def __init__(self, *, at: str) -> None:
        self.at = at

    @property
    def info(self):
        return DataInfo(image_shape=(1, 8, 8), num_train=9, num_test=2)

    def fingerprint(self):
        return "" if self.at != "fingerprint" else {}["fingerprint"]

    def load(self):
        return {}["load"]

@hookimpl
def provide_datasets():
    return {"troubled": Troubled}
'''


@pytest.fixture
def prepared():
    """Makes a plan of the tiny recipe, and its data set."""

    def prepared(*overrides, plugins=(SUPPORT / "tiny_images.py",)):
        document = load_document(SUPPORT / "tiny.yaml", [*SHORT, *overrides])
        return make_plan(read_recipe(document), document, discover(plugins))

    return prepared


@pytest.fixture
def carried_out(prepared, tmp_path):
    """Carries the tiny recipe out below the temporary folder."""

    def carried_out(*overrides, plugins=(SUPPORT / "tiny_images.py",), **options):
        given = {"announce": lambda _: None, "warn": pytest.fail, "device": "cpu"} | options
        plan, dataset = prepared(*overrides, plugins=plugins)
        return carry_out(plan, dataset, Options(runs_directory=tmp_path / "runs", **given))

    return carried_out


@pytest.fixture
def continued(prepared):
    """Continues a run directory with the plan of the tiny recipe."""

    def continued(path, *overrides, plugins=(SUPPORT / "tiny_images.py",), **options):
        given = {"announce": lambda _: None, "warn": pytest.fail, "device": "cpu"} | options
        return continue_run(path, *prepared(*overrides, plugins=plugins), Options(**given))

    return continued


class Interrupting(Handler):
    """Asks for the end of the run after its first epoch, as SIGTERM does."""

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(FitEvents.VALIDATED, signal.raise_signal, signal.SIGTERM)


def interrupted(carried_out, *overrides, **options):
    with pytest.raises(Interrupted):
        carried_out(*overrides, observers=[Interrupting()], **options)


def runs_of(tmp_path):
    return sorted(path for path in (tmp_path / "runs" / "tiny").iterdir() if path.is_dir())


def stamps_of(folder):
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}


def test_run_directory_is_named_by_recipe_time_and_identity(carried_out, prepared, tmp_path):
    record = carried_out("name=some.name")
    assert record.directory.parent == tmp_path / "runs" / "some.name"
    plan, dataset = prepared("name=some.name")
    identity = identity_of(plan, dataset.fingerprint())
    assert record.directory.name.endswith(f"-{identity[:8]}")
    meta = json.loads((record.directory / "meta.json").read_text())
    assert meta["identity"] == identity
    assert meta["data_fingerprint"] == dataset.fingerprint()
    assert (meta["num_threads"], meta["device"], meta["seed"]) == (1, "cpu", plan.seed)
    assert (record.directory / "recipe.yaml").read_text() == (SUPPORT / "tiny.yaml").read_text()


def test_finished_run_is_shown_again_and_nothing_is_written(carried_out, tmp_path):
    first = carried_out(report=report_if_over)
    before = stamps_of(tmp_path / "runs")
    again = carried_out(report=report_if_over)
    assert again.was_already_over
    assert not first.was_already_over
    assert (again.directory, again.test) == (first.directory, first.test)
    assert stamps_of(tmp_path / "runs") == before


def test_finished_run_gets_the_report_that_a_kill_kept_it_from(carried_out):
    first = carried_out(report=report_if_over)
    page, draft = first.directory / "report.html", first.directory / ".tmp-report.html-0badcafe"
    text = page.read_bytes()
    page.unlink()
    draft.write_bytes(text[:100])
    again = carried_out(report=report_if_over)
    assert again.was_already_over
    assert again.report == page
    assert len(page.read_bytes()) == len(text)
    assert not draft.exists()


def test_early_stopped_run_is_shown_again_too(carried_out):
    stopping = "early_stopping={patience: 1, min_delta: 10.0}"
    assert carried_out(stopping).status == "early_stopped"
    again = carried_out(stopping)
    assert (again.was_already_over, again.reason) == (
        True,
        "validation/loss has not improved for 1 epochs",
    )


def test_new_run_is_trained_beside_the_finished_one_to_the_same_bits(carried_out, tmp_path):
    first, second = carried_out(), carried_out(is_new=True)
    assert len(runs_of(tmp_path)) == 2
    assert not second.was_already_over
    assert (second.test, second.best) == (first.test, first.best)


def test_other_recipe_is_another_run(carried_out, tmp_path):
    assert not carried_out().was_already_over
    assert not carried_out("optimizer.lr=0.03").was_already_over
    assert carried_out("figures=[]").was_already_over
    assert len(runs_of(tmp_path)) == 2


def test_recipe_without_a_seed_is_always_another_run(carried_out, tmp_path):
    carried_out("seed=null")
    carried_out("seed=null")
    assert len(runs_of(tmp_path)) == 2


def test_interrupted_run_is_continued(carried_out, tmp_path):
    interrupted(carried_out)
    (path,) = runs_of(tmp_path)
    assert read_state(path).status == "interrupted"
    told = []
    record = carried_out(announce=told.append)
    assert (record.directory, record.status) == (path, "finished")
    assert told == [f"continuing {path} after epoch 1 of 2"]
    assert record.test == carried_out(is_new=True).test


def test_run_that_is_over_wins_over_one_that_is_not(carried_out):
    finished = carried_out()
    interrupted(carried_out, is_new=True)
    assert carried_out().directory == finished.directory


def test_no_run_is_found_where_the_identity_differs_beyond_the_name(carried_out, tmp_path):
    record = carried_out()
    identity = json.loads((record.directory / "meta.json").read_text())["identity"]
    folder = record.directory.parent
    assert find_run(folder, identity) == record.directory
    assert find_run(folder, identity[:8] + "0" * 56) is None
    assert find_run(tmp_path / "nowhere", identity) is None


def test_drafts_of_killed_processes_are_cleared(carried_out, tmp_path):
    draft = tmp_path / "runs" / "tiny" / ".tmp-stamp-1234"
    (draft / "checkpoints").mkdir(parents=True)
    carried_out()
    assert not draft.exists()


def test_locked_run_is_left_at_once(carried_out, tmp_path):
    interrupted(carried_out)
    (path,) = runs_of(tmp_path)
    before = read_state(path)
    with RunDirectory(path).lock(), pytest.raises(RunLockedError) as caught:
        carried_out()
    assert caught.value.exit_code == 75
    assert read_state(path) == before


def test_run_finished_by_another_process_while_waiting_is_shown(carried_out, monkeypatch, tmp_path):
    interrupted(carried_out)
    (path,) = runs_of(tmp_path)
    lock = RunDirectory.lock

    def finished_before_the_lock(self):
        monkeypatch.setattr(RunDirectory, "lock", lock)
        carried_out()
        return lock(self)

    monkeypatch.setattr(RunDirectory, "lock", finished_before_the_lock)
    monkeypatch.setattr("framework.runs.carry_out.exclusive_lock", unlocked)
    record = carried_out()
    assert record.was_already_over
    assert read_state(path).attempt == 2


@pytest.mark.parametrize(
    ("override", "identifier"),
    [
        ("training={num_epochs: 1, batch_size: 500, drop_last: true}", "D034"),
        ("validation.fraction=0.999", "D032"),
    ],
)
def test_data_that_do_not_fit_leave_nothing_behind(carried_out, tmp_path, override, identifier):
    with pytest.raises(DataError) as caught:
        carried_out(override)
    assert caught.value.faults[0].identifier == identifier
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("at", ["fingerprint", "load"])
def test_data_set_of_a_plugin_that_fails_is_named(carried_out, tmp_path, at):
    plugin = tmp_path / "troubles.py"
    plugin.write_text(PLUGIN)
    with pytest.raises(PluginError) as caught:
        carried_out(
            f"dataset={{type: troubled, at: {at}}}", plugins=[SUPPORT / "tiny_images.py", plugin]
        )
    assert caught.value.faults[0].message == f"plugin 'troubles' failed: KeyError: '{at}'"
    assert not (tmp_path / "runs").exists()


def test_run_in_another_thread_needs_no_signals(carried_out):
    found, before = [], signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: found.append(carried_out()))
    thread.start()
    thread.join()
    assert found[0].status == "finished"
    assert signal.getsignal(signal.SIGTERM) == before


def test_run_changes_neither_global_modes_nor_threads(carried_out):
    before = torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_dtype()
    carried_out()
    assert (torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_dtype()) == before


def test_directory_is_continued(carried_out, continued, tmp_path):
    interrupted(carried_out)
    (path,) = runs_of(tmp_path)
    record = continued(path)
    assert (record.directory, record.status) == (path, "finished")


def test_changed_data_are_refused_unless_allowed(carried_out, continued, tmp_path):
    interrupted(carried_out)
    (path,) = runs_of(tmp_path)
    meta = json.loads((path / "meta.json").read_text())
    (path / "meta.json").write_text(json.dumps(meta | {"data_fingerprint": "f" * 64}))
    before = stamps_of(path)
    with pytest.raises(CheckpointError) as caught:
        continued(path)
    (fault,) = caught.value.faults
    assert fault.identifier == "C036"
    assert "ffffffffffff…" in fault.message
    assert stamps_of(path) == before
    assert continued(path, allows_data_change=True).status == "finished"


def test_changed_plugin_is_refused_unless_forced(carried_out, continued, tmp_path):
    interrupted(carried_out)
    (path,) = runs_of(tmp_path)
    changed = tmp_path / "tiny_images.py"
    changed.write_text((SUPPORT / "tiny_images.py").read_text() + "# changed\n")
    before = stamps_of(path)
    with pytest.raises(CheckpointError) as caught:
        continued(path, plugins=[changed])
    (fault,) = caught.value.faults
    assert fault.identifier == "C075"
    assert fault.message == "plugins have changed since the run began: tiny_images"
    assert stamps_of(path) == before
    assert continued(path, plugins=[changed], is_forced=True).status == "finished"


class unlocked:  # noqa: N801  stands for a function
    """A lock on the recipe's folder that does not keep a second caller of one process out."""

    def __init__(self, *_, **__): ...

    def __enter__(self): ...

    def __exit__(self, *_): ...
