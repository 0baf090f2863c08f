"""Train every fold of a cross-validation, keep what the recipe asks for, and measure that once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from framework.errors import Fault, PluginError
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained, outcome_recorded
from framework.runs.folds import Folds
from framework.runs.keeping import keep
from framework.runs.lock_step import LockStep
from framework.runs.parts import fold_plans, make_part, note_on_parts
from framework.runs.predictions import store_out_of_fold
from framework.runs.records import OVER, read_run, read_state
from framework.runs.training import RunLog, Training, announce_start
from framework.runs.workers import carry_out_in_workers, executor_of, threads_recorded


def cross_validate(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Carry a cross-validation out in its locked run directory, from wherever it stands.

    A fold that is over is not trained again.

    Raises:
        TrainingError: a fold diverged or ran out of memory; the others are saved.
        StorageError: the disk does not take what must be written.
        WorkerError: a fold failed in a process of its own; the others are over.
        CheckpointError: no checkpoint of a fold is intact.
        PluginError: a figure could not be drawn; the run is finished all the same.
        Interrupted: a signal asked for the end; everything is saved.
    """
    if read_state(store.path).status in OVER:
        return
    log = RunLog(store.path / "log.txt")
    with outcome_recorded(store), failures_explained(plan):
        store.begin_attempt(has_parts=True)
        plans = fold_plans(plan)
        executor = executor_of(plan)
        threads = threads_recorded(plan, executor, len(plans))
        stores = {
            name: make_part(store, name, each, execution.inheritance_of, **threads)
            for name, each in plans.items()
        }
        store.update(note=note_on_parts(stores))
        announce_start(plan, store, execution)
        if executor is None:
            faults = train_in_lock_step(plans, stores, execution)
        else:
            faults = carry_out_in_workers(plan, stores, executor, execution)
            stores = {name: RunDirectory(each.path) for name, each in stores.items()}
        execution.interruption.require_none(f"framework run {store.path}")
        folds = Folds(plan, plans, stores)
        store.update(seconds=folds.seconds)
        log.write(f"{len(plans)} folds are trained")
        store_out_of_fold(folds, store, execution)
        faults += keep(folds, store, execution)
        log.write(f"finished: {read_run(store.path).note}")
    if faults:
        raise PluginError(faults)


def train_in_lock_step(
    plans: Mapping[str, Plan], stores: Mapping[str, RunDirectory], execution: Execution
) -> list[Fault]:
    """Advance all folds that are not over, an epoch each in turn, on one copy of the images."""
    with begun_trainings(plans, stores, execution) as trainings:
        return advance_together(trainings, execution)


@contextmanager
def begun_trainings(
    plans: Mapping[str, Plan], stores: Mapping[str, RunDirectory], execution: Execution
) -> Iterator[list[Training]]:
    """Take up all folds that are not over, each in its locked run directory."""
    with ExitStack() as locks:
        trainings = []
        for name, store in stores.items():
            if read_state(store.path).status in OVER:
                continue
            locks.enter_context(store.lock())
            with outcome_recorded(store), failures_explained(plans[name]):
                trainings.append(Training(plans[name], store, execution, name.replace("-", " ")))
        yield trainings


def advance_together(
    trainings: Sequence[Training],
    execution: Execution,
    reason_to_end: Callable[[int], str] = lambda _epoch: "",
) -> list[Fault]:
    """Advance trainings an epoch each in turn, until all are over or an end is asked for.

    Args:
        trainings: what to advance.
        execution: with what, where and how.
        reason_to_end: is told of each epoch that all have completed, and may end them with it.

    Returns:
        The figures that could not be drawn.
    """
    faults: list[Fault] = []
    steps = LockStep([training.fit for training in trainings])
    execution.interruption.tell(steps.interrupt)
    for training in trainings:
        faults += _ended(training)  # trained and not measured when the process was killed
    epoch = 0
    while True:
        if steps.epoch > epoch and (reason := reason_to_end(steps.epoch)):
            _prune(trainings, reason)
        epoch = steps.epoch
        if (place := steps.next()) is None:
            break
        faults += _ended(trainings[place], advance=True)
    for training in trainings:
        if not training.fit.is_over:
            training.fit.advance()  # interrupted: saves what it has
            training.store.update(status="interrupted", reason="stopped by a signal")
    return faults


def _prune(trainings: Sequence[Training], reason: str) -> None:
    for training in trainings:
        if not training.fit.is_over:
            training.prune(reason)


def _ended(training: Training, *, advance: bool = False) -> list[Fault]:
    """Measure and draw a fold if nothing is left to train, after another epoch if asked to."""
    with outcome_recorded(training.store), failures_explained(training.plan):
        if advance:
            training.fit.advance()
        if not training.fit.is_over:
            return []
        training.require_finished()
        return training.conclude()
