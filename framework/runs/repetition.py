"""A recipe carried out with several seeds."""

from dataclasses import replace

from framework.recipe.plans import Plan
from framework.runs.cross_validation import cross_validate
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.failures import outcome_recorded
from framework.runs.parts import make_part, seed_plans
from framework.runs.records import OVER, read_state
from framework.runs.training import RunLog, announce_start, train
from framework.runs.workers import carry_out_in_workers, executor_of, threads_recorded


def carry_out_in(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Carry a plan out in its locked run directory: each seed, and each fold of each."""
    if plan.recipe.seeds:
        repeat(plan, store, execution)
    elif plan.has_parts:
        cross_validate(plan, store, execution)
    else:
        train(plan, store, execution)


def repeat(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Carry a plan out once per seed, each in a directory of its own.

    A seed that is over is not trained again.

    Raises:
        FrameworkError: whatever a training raises; what is over stays so.
    """
    if read_state(store.path).status in OVER:
        return
    log = RunLog(store.path / "log.txt")
    with outcome_recorded(store):
        store.begin_attempt(has_parts=True)
        announce_start(plan, store, execution)
        plans = seed_plans(plan)
        executor = None if plan.recipe.cross_validation else executor_of(plan)
        threads = threads_recorded(plan, executor, len(plans))
        parts = {name: make_part(store, name, each, **threads) for name, each in plans.items()}
        if executor is not None:
            carry_out_in_workers(plan, parts, executor, execution)
        for name, part in parts.items():
            execution.interruption.require_none(f"framework run {store.path}")
            with part.lock():
                carry_out_in(plans[name], part, replace(execution, label=name.replace("-", " ")))
        seconds = sum(read_state(part.path).seconds for part in parts.values())
        store.update(status="finished", reason="", seconds=seconds)
    log.write(f"finished: {len(parts)} seeds")
