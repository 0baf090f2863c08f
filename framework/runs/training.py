"""Train in a run directory from wherever it stands, measure once, draw, and say how it ended."""

import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from framework.contracts import DataBundle, Handler
from framework.engines.evaluator import evaluate, make_evaluator
from framework.errors import (
    CheckpointError,
    Fault,
    FrameworkError,
    PluginError,
    StorageError,
    TrainingError,
)
from framework.handlers.best_weights import copy_weights
from framework.handlers.epoch_log import EpochLog
from framework.plugin_sources import BUILT_IN_DISTRIBUTION
from framework.recipe.plans import Plan
from framework.runs.assembly import Splits, build_metrics, evaluation_loader
from framework.runs.completed import CompletedRun, draw_figures
from framework.runs.directory import RunDirectory
from framework.runs.environment import describe_environment, differences
from framework.runs.fit import Fit
from framework.runs.interruption import Interrupted, Interruption, interruptions
from framework.runs.records import OVER, RunRecord, read_meta, read_run, read_state
from framework.storage import storage_faults


@dataclass(frozen=True)
class Options:
    """How to carry a plan out; none of it changes what is learnt.

    Attributes:
        runs_directory: where run directories are kept.
        device: `auto`, `cpu`, `cuda`, `mps`.
        is_new: train again even where a run of the same identity exists.
        is_exact: refuse to continue where the result could differ in its last bits.
        is_forced: continue though the recipe or a plugin has changed.
        allows_data_change: continue though the data have changed.
        plugin_files: single-file plugins, remembered for a later continuation.
        observers: handlers that look on.
        announce: takes lines for the user.
        warn: takes warnings.
    """

    runs_directory: Path = Path("runs")
    device: str = "auto"
    is_new: bool = False
    is_exact: bool = False
    is_forced: bool = False
    allows_data_change: bool = False
    plugin_files: Sequence[Path] = ()
    observers: Sequence[Handler] = ()
    announce: Callable[[str], None] = print
    warn: Callable[[str], None] = warnings.warn


class RunLog:
    """The run's `log.txt`.

    Args:
        path: the file; lines are appended with the time in UTC.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: str) -> None:
        """Note something."""
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        with storage_faults(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(f"{stamp} {line}\n")


def train(
    plan: Plan,
    bundle: DataBundle,
    splits: Splits,
    store: RunDirectory,
    device: torch.device,
    options: Options,
) -> RunRecord:
    """Train from wherever a locked run directory stands to the end of its plan.

    Raises:
        TrainingError: training diverged or ran out of memory.
        StorageError: the disk does not take what must be written.
        CheckpointError: no checkpoint is intact, or going on would not be exact and must be.
        PluginError: a figure could not be drawn; the run is finished all the same.
        Interrupted: a signal asked for the end; everything is saved.
    """
    if read_state(store.path).status in OVER:  # another process has finished it meanwhile
        return read_run(store.path).shown_again()
    log = RunLog(store.path / "log.txt")
    with interruptions() as interruption, _outcome_recorded(store), failures_explained(plan):
        observers = [EpochLog(log.write), *options.observers]
        fit = Fit(plan, bundle.train, splits, device=device, store=store, observers=observers)
        told, warned = _take_up(fit, plan, store, device, is_exact=options.is_exact)
        for tell, lines in ((options.warn, warned), (options.announce, told)):
            for line in lines:
                log.write(line)
                tell(line)
        _advance(fit, store, interruption)
        run = _measured(plan, fit, bundle, store, device)
        faults = draw_figures(run)
        store.update(status=fit.status, reason=fit.reason)
    log.write(f"{fit.status}: {fit.reason or 'all epochs done'}")
    if faults:
        raise PluginError(faults)
    return read_run(store.path)


def _take_up(
    fit: Fit, plan: Plan, store: RunDirectory, device: torch.device, *, is_exact: bool
) -> tuple[list[str], list[str]]:
    """Bring the fit to where the run stands; answer what the user should know, and warnings.

    Nothing is written before all of it has been accepted, so that a refusal changes nothing.
    """
    problems: list[str] = []
    state = store.load(problems.append)
    if state is None:
        store.begin_attempt()
        lines = [f"run directory: {store.path}"]
        if plan.recipe.seed is None:
            lines.append(f"the recipe names no seed; {plan.seed} was drawn")
            lines.append(f"continue this run with: framework run {store.path}")
        return lines, []
    problems += _environment_changes(store, device, is_exact=is_exact)
    fit.load_state_dict(state)
    store.begin_attempt()
    store.restore(state)
    where = f"continuing {store.path} after epoch {fit.epoch} of {fit.num_epochs}"
    return [where], [f"warning: {problem}" for problem in problems]


def _environment_changes(store: RunDirectory, device: torch.device, *, is_exact: bool) -> list[str]:
    changed = differences(read_meta(store.path), describe_environment(device))
    if not changed:
        return []
    message = f"not exact to the bit: {'; '.join(changed)}"
    if is_exact:
        raise CheckpointError(Fault("C057", message, place=str(store.path)))
    return [message]


def _advance(fit: Fit, store: RunDirectory, interruption: Interruption) -> None:
    interruption.tell(fit.interrupt)
    while fit.advance():
        pass
    if interruption.received is not None and not fit.is_over:
        message = f"{interruption.received.name} received; everything is saved"
        hint = f"continue with: framework run {store.path}"
        raise Interrupted(Fault("I001", message, hint=hint), interruption.received)
    best = fit.best_weights
    if best is not None and best.value is None:
        message = f"{best.monitor.metric} was never a finite number in {fit.epoch} epochs"
        hint = "try a smaller learning rate"
        raise TrainingError(Fault("T041", message, hint=hint))


def _measured(
    plan: Plan, fit: Fit, bundle: DataBundle, store: RunDirectory, device: torch.device
) -> CompletedRun:
    """Measure the weights that are kept on the test split, the only time that it is read."""
    kept_epoch = fit.restore_best()
    if fit.best is None:
        store.keep_last(copy_weights(fit.networks), epoch=kept_epoch)
    loader = evaluation_loader(plan, bundle.test, torch.arange(len(bundle.test)), device)
    metrics = build_metrics(plan, device)
    evaluator = make_evaluator(fit.task, metrics, seed=plan.seed, device=device)
    for network in fit.networks.values():
        network.eval()
    store.update(test=evaluate(evaluator, loader))
    return CompletedRun(plan, store, bundle, kept_epoch, fit.epoch, device)


@contextmanager
def _outcome_recorded(store: RunDirectory) -> Iterator[None]:
    """Write into the state how the attempt ended, unless nothing can be written any more."""
    try:
        yield
    except (StorageError, CheckpointError, KeyboardInterrupt):
        raise  # nothing can be written, or a refusal, which must change nothing
    except Exception as error:
        reason = error.faults[0].message if isinstance(error, FrameworkError) else repr(error)
        with suppress(StorageError):
            store.update(status=_status_after(error), reason=reason)
        raise


def _status_after(error: Exception) -> str:
    if isinstance(error, Interrupted):
        return "interrupted"
    is_diverged = isinstance(error, TrainingError) and error.faults[0].identifier != "T042"
    return "diverged" if is_diverged else "failed"


@contextmanager
def failures_explained(plan: Plan) -> Iterator[None]:
    """Turn what a plugin's code or a lack of memory raises into an error that says so.

    Raises:
        TrainingError: memory gave out.
        PluginError: code of a plugin that is not built in was at work.
    """
    try:
        yield
    except Exception as error:
        told = _explained(error, plan)
        if told is error:
            raise
        raise told from error


def _explained(error: Exception, plan: Plan) -> Exception:
    """Say whose failure it is: too little memory, a plugin's, or ours."""
    if isinstance(error, FrameworkError):
        return error
    batch_size = plan.recipe.training.batch_size
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or _is_allocation(error):
        message = f"out of memory with batches of {batch_size} ({error})"
        hint = "make training.batch_size smaller and run it again"
        return TrainingError(Fault("T042", message, key="training.batch_size", hint=hint))
    files = {
        str(file): planned.component
        for planned in plan.components.all()
        if planned.component.plugin.distribution != BUILT_IN_DISTRIBUTION
        for file in planned.component.source_files()
    }
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            component = files[frame.filename]
            message = f"plugin '{component.owner}' failed: {type(error).__name__}: {error}"
            place = f"{frame.filename}:{frame.lineno}"
            return PluginError(Fault("P012", message, place=place))
    return error


def _is_allocation(error: Exception) -> bool:
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
