"""However a training ends, its directory says how, and what was saved before stays."""

import json
import signal
from functools import cache
from pathlib import Path

import pytest
import torch

from framework.contracts import Handler
from framework.discovery import discover
from framework.engines.evaluator import evaluate, make_evaluator
from framework.errors import (
    CheckpointError,
    Fault,
    PluginError,
    StorageError,
    TrainingError,
)
from framework.events import FitEvents
from framework.recipe.building import build_task
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs import directory
from framework.runs.assembly import build_metrics, build_on, evaluation_loader, split_images
from framework.runs.directory import RunDirectory
from framework.runs.environment import describe_environment
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained
from framework.runs.interruption import Interrupted, interruptions
from framework.runs.options import Options
from framework.runs.records import read_run, read_state
from framework.runs.training import train
from framework.runs.weights import load_weights, read_weights

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")
HANDLERS_DOC = Path(__file__).parents[3] / "docs" / "handlers.md"
SHORT = ("training={num_epochs: 3, batch_size: 64}", "early_stopping=null", "checkpointing=null")

EPOCHS_SAVED = {  # by the event at which a handler fails, in the second epoch if it can
    "FIT_STARTED": 0,
    **dict.fromkeys(["EPOCH_STARTED", "GET_BATCH_STARTED", "GET_BATCH_COMPLETED"], 1),
    **dict.fromkeys(["ITERATION_STARTED", "BACKWARD_COMPLETED", "OPTIMIZER_STEPPED"], 1),
    **dict.fromkeys(["ITERATION_COMPLETED", "EPOCH_COMPLETED", "COMPLETED", "VALIDATING"], 1),
    **dict.fromkeys(["evaluator.STARTED", "evaluator.ITERATION_COMPLETED"], 1),
    **dict.fromkeys(["evaluator.COMPLETED", "VALIDATED", "SAVING"], 1),
    "STARTED": 2,  # comes before its epoch is counted
    "FIT_ENDED": 3,
}

PLUGIN = '''
import math
from ignite.engine import Events
from framework import Figure, FitEvents, Handler, hookimpl

ERRORS = {e.__name__: e for e in (KeyError, MemoryError, OSError, StopIteration, SystemExit)}

class Failing(Handler):
    """Fails at an event of an epoch, of the trainer or of the evaluator."""

    def __init__(
        self, *, event: str = "VALIDATED", epoch: int = 2, error: str = "KeyError"
    ) -> None:
        self.event, self.epoch, self.error = event, epoch, error

    def attach(self, trainer, evaluator, run):
        engines = {"trainer": trainer, "evaluator": evaluator}
        *names, event = self.event.split(".")
        events = FitEvents if event in FitEvents.__members__ else Events
        engine = engines[names[0]] if names else trainer
        engine.add_event_handler(events[event], self.fail, trainer, run)

    def fail(self, trainer, run):
        if max(trainer.state.epoch, 1) >= self.epoch:
            raise ERRORS[self.error]("on purpose")

class Poison(Handler):
    """Makes the images of one iteration NaN."""

    def __init__(self, *, iteration: int) -> None:
        self.iteration = iteration

    def attach(self, trainer, evaluator, run):
        trainer.add_event_handler(Events.ITERATION_STARTED, self.poison, trainer)

    def poison(self, trainer):
        if trainer.state.iteration == self.iteration:
            trainer.state.batch.images.fill_(math.nan)

class Unmeasurable:
    """Never a number."""

    def reset(self): ...
    def update(self, prediction, target): ...
    def compute(self):
        return math.nan

class Undrawable(Figure):
    """Cannot be drawn."""

    def draw(self, run):
        raise ValueError(f"no picture of {run.num_epochs} epochs")

@hookimpl
def provide_handlers():
    return {"failing": Failing, "poison": Poison}

@hookimpl
def provide_metrics():
    return {"unmeasurable": Unmeasurable}

@hookimpl
def provide_figures():
    return {"undrawable": Undrawable}
'''


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "troubles.py"
    path.write_text(PLUGIN)
    return path


@pytest.fixture
def prepared(plugin):
    """Makes a plan of the tiny recipe, its data and splits."""

    @cache
    def prepared(*overrides):
        document = load_document(SUPPORT / "tiny.yaml", [*SHORT, *overrides])
        registry = discover([SUPPORT / "tiny_images.py", plugin])
        plan, dataset = make_plan(read_recipe(document), document, registry)
        bundle = dataset.load()
        return plan, bundle, split_images(plan, len(bundle.train))

    return prepared


@pytest.fixture
def store(tmp_path):
    meta = {"name": "tiny", "num_epochs": 3, "seed": 4, "started": "", "plugin_files": []}
    return RunDirectory.create(tmp_path / "run", texts={}, meta=meta | describe_environment(CPU))


@pytest.fixture
def trained(prepared, store):
    """Trains in the directory `store`, anew or from where it stands."""

    def trained(*overrides, **options):
        given = {"announce": lambda _: None, "warn": pytest.fail} | options
        plan, bundle, _ = prepared(*overrides)
        with interruptions() as interruption:
            execution = Execution(bundle, CPU, Options(**given), interruption)
            train(plan, RunDirectory(store.path), execution)
        return read_run(store.path)

    return trained


class At(Handler):
    """Calls a function at an event of the trainer."""

    def __init__(self, event, call):
        self.event, self.call = event, call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(self.event, lambda: self.call(run))


def contents_of(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.lock")
    return {str(path): path.read_bytes() for path in files}


def after_epoch(number, call):
    return At(FitEvents.VALIDATED, lambda run: run.epoch == number and call(run))


def test_finished_run_has_everything_in_its_directory(trained, store):
    record = trained()
    assert (record.status, record.epoch, record.reason) == ("finished", 3, "")
    assert set(record.test) == {"loss", "largest_error"}
    assert record.best.metric == "validation/loss"
    assert [path.name for path in record.pictures] == ["weight_digests.png"]
    rows = [json.loads(line) for line in (store.path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["iteration"]) for row in rows] == [(1, 3), (2, 6), (3, 9)]
    assert rows[record.best.epoch - 1]["validation/loss"] == record.best.value
    assert (store.path / "snapshots" / "epoch-0000.safetensors").is_file()
    log = (store.path / "log.txt").read_text()
    for text in ("epoch 1/3", "epoch 2/3", "epoch 3/3", "finished: all epochs done"):
        assert log.count(text) == 1


@pytest.mark.parametrize("mode", ["min", "max"])
def test_stored_best_measured_again_from_its_file_is_equal_to_the_bit(
    trained, prepared, store, mode
):
    override = f"checkpointing={{monitor: validation/loss, mode: {mode}}}"
    record = trained(override)
    assert (record.best.epoch == 3) is (mode == "min")
    plan, bundle, splits = prepared(override)
    measured = measure(plan, bundle.train, splits.validation, store.path / "best.safetensors")
    assert measured["loss"] == record.best.value
    places = torch.arange(len(bundle.test))
    tested = measure(plan, bundle.test, places, store.path / "best.safetensors")
    assert tested == record.test


def test_run_that_is_over_is_shown_and_nothing_written(trained, store):
    first = trained()
    before = {path: path.stat().st_mtime_ns for path in store.path.rglob("*")}
    again = trained()
    assert again.test == first.test
    assert {path: path.stat().st_mtime_ns for path in store.path.rglob("*")} == before


@pytest.mark.slow
@pytest.mark.parametrize("event", EPOCHS_SAVED)
def test_failing_handler_of_a_plugin_is_named_and_what_was_saved_is_kept(
    trained, store, plugin, event
):
    first_epoch = 1 if event == "FIT_STARTED" else 2
    with pytest.raises(PluginError) as caught:
        trained(f"handlers=[{{type: failing, event: {event}, epoch: {first_epoch}}}]")
    (fault,) = caught.value.faults
    assert caught.value.exit_code == 8
    assert fault.identifier == "P012"
    assert fault.message == "plugin 'troubles' failed: KeyError: 'on purpose'"
    assert str(fault.place).startswith(f"{plugin}:")
    state = read_state(store.path)
    assert (state.status, state.reason) == ("failed", fault.message)
    assert (state.checkpoint.epoch if state.checkpoint else 0) == EPOCHS_SAVED[event]
    saved = store.load(pytest.fail)
    assert (saved["epoch"] if saved else 0) == EPOCHS_SAVED[event]


def test_handler_is_made_to_fail_at_every_event():
    order = HANDLERS_DOC.read_text().partition("```text")[2].partition("```")[0]
    documented = {line.split()[0] for line in order.splitlines() if line.strip()[:2].isupper()}
    assert documented | set(FitEvents.__members__) <= set(EPOCHS_SAVED)


@pytest.mark.parametrize("error", ["OSError", "StopIteration", "SystemExit"])
def test_handler_that_raises_something_odd_is_named_all_the_same(trained, store, error):
    with pytest.raises(PluginError, match=r"plugin 'troubles' failed: .*P012"):
        trained(f"handlers=[{{type: failing, event: ITERATION_COMPLETED, error: {error}}}]")
    assert (read_state(store.path).status, store.load(pytest.fail)["epoch"]) == ("failed", 1)


def test_failure_of_our_own_is_passed_on_as_it_is(trained, store):
    def fail(_run):
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        trained(observers=[after_epoch(2, fail)])
    assert (read_state(store.path).status, read_state(store.path).reason) == (
        "failed",
        "KeyError('ours')",
    )
    record = trained()  # without the failing one it goes on
    assert (record.status, read_state(store.path).attempt) == ("finished", 2)


@pytest.mark.slow
@pytest.mark.parametrize("iteration", [1, 2, 3, 4, 6, 8])
def test_diverged_run_keeps_its_checkpoint_and_best(trained, store, iteration):
    with pytest.raises(TrainingError) as caught:
        trained(f"handlers=[{{type: poison, iteration: {iteration}}}]")
    assert caught.value.exit_code == 6
    assert f"iteration {iteration}, with lr" in caught.value.faults[0].message
    state = read_state(store.path)
    epochs = (iteration - 1) // 3
    assert (state.status, state.reason) == ("diverged", caught.value.faults[0].message)
    assert (state.checkpoint.epoch if state.checkpoint else 0) == epochs
    assert (state.best.epoch if state.best else 0) <= epochs
    assert len((store.path / "metrics.jsonl").read_text().splitlines()) == epochs
    if state.best:
        kept = read_weights(store.path / "best.safetensors", {})
        assert all(torch.isfinite(v).all() for values in kept.values() for v in values.values())


@pytest.mark.parametrize(
    ("overrides", "epochs", "message"),
    [
        ((), 3, "validation/unmeasurable was never a finite number in 3 epochs"),
        (
            ("early_stopping={monitor: validation/unmeasurable, mode: min, patience: 2}",),
            1,
            "validation/unmeasurable is nan after 2 epochs",
        ),
    ],
)
def test_validation_that_is_never_a_number_is_diverged(trained, store, overrides, epochs, message):
    monitored = "checkpointing={monitor: validation/unmeasurable, mode: min}"
    with pytest.raises(TrainingError) as caught:
        trained("metrics=[unmeasurable]", monitored, *overrides)
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.message) == ("T041", message)
    state = read_state(store.path)
    assert (state.status, state.best, state.checkpoint.epoch) == ("diverged", None, epochs)
    assert '"validation/unmeasurable": null' in (store.path / "metrics.jsonl").read_text()
    assert not (store.path / "best.safetensors").exists()


def test_too_little_memory_is_told_with_the_batch_size(trained, store):
    with pytest.raises(TrainingError) as caught:
        trained("handlers=[{type: failing, error: MemoryError}]")
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.message) == (
        "T042",
        "out of memory with batches of 64 (on purpose)",
    )
    assert read_state(store.path).status == "failed"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate"),
    ],
)
def test_every_form_of_too_little_memory_is_known(prepared, error):
    with pytest.raises(TrainingError, match="T042"), failures_explained(prepared()[0]):
        raise error


def test_explained_error_passes_as_it_is(prepared):
    error = StorageError(Fault("S050", "no space left"))
    with pytest.raises(StorageError) as caught, failures_explained(prepared()[0]):
        raise error
    assert caught.value is error
    assert error.__cause__ is None


def test_figure_that_fails_spoils_neither_the_run_nor_other_figures(trained, store):
    with pytest.raises(PluginError) as caught:
        trained("figures=[undrawable, weight_digests]")
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.key) == ("P013", "figures.0")
    assert fault.message == (
        "figure 'undrawable' of plugin 'troubles' failed: ValueError: no picture of 3 epochs"
    )
    record = read_run(store.path)
    assert record.status == "finished"
    assert [path.name for path in record.pictures] == ["weight_digests.png"]
    assert trained("figures=[undrawable, weight_digests]") == record


def test_disk_that_gives_out_leaves_the_state_of_before(trained, store, monkeypatch):
    save, numbers = RunDirectory.save, iter(range(1, 9))

    def fails_at_the_second(*given, **named):
        if next(numbers) == 2:
            monkeypatch.setattr(directory, "write_durably", full_disk)
        save(*given, **named)

    monkeypatch.setattr(RunDirectory, "save", fails_at_the_second)
    with pytest.raises(StorageError):
        trained()
    monkeypatch.undo()
    assert (read_state(store.path).status, read_state(store.path).checkpoint.epoch) == (
        "running",
        1,
    )
    assert trained().status == "finished"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_run_saved_and_it_goes_on_to_the_same_end(trained, store, tmp_path, number):
    undisturbed = trained()
    begin_anew(store, tmp_path / "undisturbed")

    def ask(run):
        if run.epoch == 1:
            signal.raise_signal(number)

    with pytest.raises(Interrupted) as caught:
        trained(observers=[At(FitEvents.OPTIMIZER_STEPPED, ask)])
    assert caught.value.exit_code == 128 + number
    assert caught.value.faults[0].hint == f"continue with: framework run {store.path}"
    state = read_state(store.path)
    assert (state.status, state.checkpoint.iteration) == ("interrupted", 4)
    told = []
    record = trained(announce=told.append)
    assert told == [f"continuing {store.path} after epoch 1 of 3"]
    assert (record.test, record.best) == (undisturbed.test, undisturbed.best)
    assert (store.path / "metrics.jsonl").read_bytes() == (
        tmp_path / "undisturbed" / "metrics.jsonl"
    ).read_bytes()


def interrupted(trained):
    with pytest.raises(Interrupted):
        trained(observers=[after_epoch(2, lambda _: signal.raise_signal(signal.SIGTERM))])


def test_other_surroundings_are_warned_of_or_refused(trained, store):
    interrupted(trained)
    meta = json.loads((store.path / "meta.json").read_text())
    (store.path / "meta.json").write_text(json.dumps(meta | {"num_threads": 64, "torch": "1.0"}))
    before = contents_of(store.path)
    with pytest.raises(CheckpointError) as caught:
        trained(is_exact=True)
    (fault,) = caught.value.faults
    assert fault.identifier == "C057"
    assert "torch was 1.0 and is" in fault.message
    assert "num_threads was 64 and is 1" in fault.message
    assert contents_of(store.path) == before
    warnings = []
    assert trained(warn=warnings.append).status == "finished"
    assert warnings == [f"warning: {fault.message}"]


def test_damaged_checkpoints_are_refused_and_nothing_changed(trained, store):
    interrupted(trained)
    for path in (store.path / "checkpoints").iterdir():
        path.write_bytes(b"damaged")
    before = contents_of(store.path)
    with pytest.raises(CheckpointError) as caught:
        trained()
    assert caught.value.exit_code == 5
    assert contents_of(store.path) == before


def test_other_architecture_is_refused_and_nothing_changed(trained, store):
    interrupted(trained)
    before = contents_of(store.path)
    with pytest.raises(CheckpointError, match="C061"):
        trained("networks.encoder.latent_dim=5")
    assert contents_of(store.path) == before


def test_damaged_newest_checkpoint_is_warned_of_and_the_end_is_the_same(trained, store, tmp_path):
    undisturbed = trained()
    begin_anew(store, tmp_path / "undisturbed")
    interrupted(trained)
    newest = store.path / read_state(store.path).checkpoint.file
    newest.write_bytes(newest.read_bytes()[:-1])
    warnings = []
    record = trained(warn=warnings.append)
    assert len(warnings) == 1
    assert str(newest) in warnings[0]
    assert "going on from epoch 1" in warnings[0]
    assert (record.test, record.best) == (undisturbed.test, undisturbed.best)


def test_drawn_seed_is_told_with_the_command_that_continues(trained, store):
    told = []
    trained("seed=null", announce=told.append)
    assert told[0] == f"run directory: {store.path}"
    assert told[1].startswith("the recipe names no seed; ")
    assert told[2] == f"continue this run with: framework run {store.path}"


def test_run_on_everything_keeps_the_last_weights(trained, store):
    record = trained("validation.fraction=0")
    assert (record.best.epoch, record.best.metric, record.best.value) == (3, None, None)
    kept = read_weights(store.path / "best.safetensors", {})
    last = store.load(pytest.fail)["networks"]
    assert all(torch.equal(kept[n][k], value) for n in last for k, value in last[n].items())


def begin_anew(store, elsewhere):
    """Move the run away and make an empty one in its place."""
    meta = json.loads((store.path / "meta.json").read_text())
    store.path.rename(elsewhere)
    RunDirectory.create(store.path, texts={}, meta=meta)


def measure(plan, images, places, weights):
    networks = build_on(plan, CPU)
    load_weights(networks, read_weights(weights, networks), source=weights)
    for network in networks.values():
        network.eval()
    task = build_task(plan.components, plan.data, networks, CPU)
    evaluator = make_evaluator(task, build_metrics(plan, CPU), seed=plan.seed, device=CPU)
    return evaluate(evaluator, evaluation_loader(plan, images, places, CPU))


def full_disk(path, _data):
    raise StorageError(Fault("S050", "no space left", place=str(path)))
