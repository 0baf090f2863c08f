"""A recipe carried out with several seeds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from framework.errors import Fault, PluginError
from framework.recipe.plans import Plan
from framework.runs.cross_validation import cross_validate
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.failures import outcome_recorded
from framework.runs.parts import make_part, note_on_parts, seed_plans
from framework.runs.records import OVER, read_state
from framework.runs.results import write_result
from framework.runs.training import RunLog, announce_start, train
from framework.runs.workers import carry_out_in_workers, executor_of, threads_recorded


def carry_out_in(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Carry a plan out in its locked run directory: each trial or seed, and each fold of each."""
    if plan.recipe.search is not None:
        from framework.runs.search.searching import search

        search(plan, store, execution)
    elif plan.recipe.seeds:
        repeat(plan, store, execution)
    elif plan.has_parts:
        cross_validate(plan, store, execution)
    else:
        train(plan, store, execution)


def take_part_in(plan: Plan, store: RunDirectory, execution: Execution, *, worker: int) -> None:
    """Carry out trials of a search that another process has begun in its run directory."""
    from framework.runs.search.searching import take_part

    take_part(plan, store, execution, worker)


def repeat(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Carry a plan out once per seed, each in a directory of its own.

    A seed that is over is not trained again.

    Raises:
        FrameworkError: whatever a training raises; what is over stays so.
        PluginError: a figure could not be drawn; the run is finished all the same.
    """
    if read_state(store.path).status in OVER:
        return
    faults: list[Fault] = []
    log = RunLog(store.path / "log.txt")
    with outcome_recorded(store):
        store.begin_attempt(has_parts=True)
        announce_start(plan, store, execution)
        plans = seed_plans(plan)
        executor = None if plan.recipe.cross_validation else executor_of(plan)
        threads = threads_recorded(plan, executor, len(plans))
        parts = {
            name: make_part(store, name, each, execution.inheritance_of, **threads)
            for name, each in plans.items()
        }
        if not plan.recipe.cross_validation:
            store.update(note=note_on_parts(parts))
        if executor is not None:
            faults += carry_out_in_workers(plan, parts, executor, execution)
        for name, part in parts.items():
            execution.interruption.require_none(f"framework run {store.path}")
            with part.lock(), _faults_of_figures(part, faults):
                carry_out_in(plans[name], part, replace(execution, label=name.replace("-", " ")))
                if plans[name].has_parts:
                    execution.tracking.gather(plans[name], part.path)
                    execution.tracking.end(part.path)
        seconds = sum(read_state(part.path).seconds for part in parts.values())
        store.update(seconds=seconds)
        write_result(store.path, status="finished")
        store.update(status="finished", reason="")
    log.write(f"finished: {len(parts)} seeds")
    if faults:
        raise PluginError(faults)


@contextmanager
def _faults_of_figures(part: RunDirectory, faults: list[Fault]) -> Iterator[None]:
    """Collect what only spoilt figures of a part, which is over."""
    try:
        yield
    except PluginError as error:
        if read_state(part.path).status not in OVER:
            raise
        faults += error.faults
