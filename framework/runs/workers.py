"""Parts of a run, carried out by an executor."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framework.errors import CheckpointError, Fault, FrameworkError, StorageError
from framework.jobs import Executor, Job, Outcome
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.options import Options
from framework.runs.records import OVER, read_state
from framework.storage import write_json

_FORMAT = 1
_FILE = "job.json"


class WorkerError(FrameworkError):
    """A part of a run failed in its own process; the exit code is that process's."""

    def __init__(self, fault: Fault, exit_code: int) -> None:
        super().__init__(fault)
        self.exit_code = exit_code  # type: ignore[misc]


def executor_of(plan: Plan) -> Executor | None:
    """Build what carries the parts of a run out; None where this process does."""
    planned = plan.components.executor
    if planned is None or plan.recipe.executor is None:
        return None
    executor: Executor = planned.build()
    return executor


def threads_of(plan: Plan, executor: Executor, num_jobs: int) -> int:
    """Number of threads that each part computes with."""
    return plan.recipe.training.num_threads or executor.num_threads(num_jobs)


def threads_recorded(plan: Plan, executor: Executor | None, num_jobs: int) -> dict[str, int]:
    """What the parts' `meta.json` must say of threads for a worker to find it unchanged."""
    return {} if executor is None else {"num_threads": threads_of(plan, executor, num_jobs)}


def carry_out_in_workers(
    plan: Plan, stores: Mapping[str, RunDirectory], executor: Executor, execution: Execution
) -> None:
    """Let an executor carry out every part that is not over, and wait for all of them.

    Raises:
        StorageError: a process was killed, twice; the other parts are over.
        FrameworkError: a part failed in another way; its exit code is the process's own.
        Interrupted: a signal asked for the end; everything is saved.
    """
    options, interruption = execution.options, execution.interruption
    open_parts = {n: s for n, s in stores.items() if read_state(s.path).status not in OVER}
    jobs = []
    for name, store in open_parts.items():
        file = store.path / _FILE
        write_json(file, _description(store.path, options))
        jobs.append(Job(execution.labelled(name.replace("-", " ")), file))
    outcomes = executor.carry_out(
        jobs,
        num_threads=threads_of(plan, executor, len(stores)),
        report=options.announce,
        is_stopped=lambda: interruption.received is not None,
    )
    _raise_for(outcomes, len(stores), execution)


def read_job(file: Path) -> dict[str, Any]:
    """Read which run a job is to carry out, and how.

    Raises:
        CheckpointError: it is no description of a job, or of a newer format.
    """
    try:
        values = json.loads(file.read_bytes())
        if values["format"] > _FORMAT:
            message = f"written in format {values['format']}, this framework reads up to {_FORMAT}"
            fault = Fault("C063", message, place=str(file), hint="update ignite-framework")
            raise CheckpointError(fault)
        return {key: values[key] for key in _description(Path(), Options())}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"not the description of a job ({type(error).__name__}: {error})"
        raise CheckpointError(Fault("C058", message, place=str(file))) from error


def _description(run: Path, options: Options) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "run": str(run.resolve()),
        "device": options.device,
        "exact": options.is_exact,
        "force": options.is_forced,
        "allow_data_change": options.allows_data_change,
    }


def _raise_for(outcomes: list[Outcome], num_parts: int, execution: Execution) -> None:
    failed = [outcome for outcome in outcomes if outcome.exit_code != 0]
    execution.interruption.require_none(f"framework run {_run_of(outcomes)}")
    if not failed:
        return
    outcome = failed[0]
    if outcome.exit_code < 0:
        message = f"{outcome.job.name} of {num_parts} killed by signal {-outcome.exit_code}"
        hint = "the others are over; the same command goes on with it"
        raise StorageError(Fault("E081", message, place=str(outcome.job.file.parent), hint=hint))
    reason = read_state(outcome.job.file.parent).reason or f"exit code {outcome.exit_code}"
    message = f"{outcome.job.name} of {num_parts} failed: {reason}"
    fault = Fault("E082", message, place=str(outcome.job.file.parent))
    raise WorkerError(fault, outcome.exit_code)


def _run_of(outcomes: list[Outcome]) -> str:
    return str(outcomes[0].job.file.parent.parent) if outcomes else ""
