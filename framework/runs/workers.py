"""Parts of a run, carried out by an executor."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from framework.errors import (
    CheckpointError,
    Fault,
    FrameworkError,
    StorageError,
    TrainingError,
)
from framework.jobs import Executor, Job, Outcome
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.options import Options
from framework.runs.records import OVER, RunState, read_state
from framework.storage import write_json

_FORMAT = 1
_FILE = "job.json"


class WorkerError(FrameworkError):
    """Parts of a run failed in processes of their own; the exit code is that of the first."""

    def __init__(self, faults: Iterable[Fault], exit_code: int) -> None:
        super().__init__(faults)
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
) -> list[Fault]:
    """Let an executor carry out every part that is not over, and wait for all of them.

    What is answered are parts that are trained, and of which something else failed: a figure.

    Raises:
        TrainingError: the first part that failed diverged.
        WorkerError: a process was killed, twice, or a part failed in another way.
        Interrupted: a signal asked for the end; everything is saved.
    """
    options, interruption = execution.options, execution.interruption
    open_parts = {n: s for n, s in stores.items() if read_state(s.path).status not in OVER}
    jobs = []
    for name, store in open_parts.items():
        file = write_job(store.path, options)
        jobs.append(Job(execution.labelled(name.replace("-", " ")), file))
    outcomes = executor.carry_out(
        jobs,
        num_threads=threads_of(plan, executor, len(stores)),
        report=options.announce,
        is_stopped=lambda: interruption.received is not None,
    )
    interruption.require_none(f"framework run {next(iter(stores.values())).path.parent}")
    return _faults_of(outcomes, len(stores))


def write_job(directory: Path, options: Options, *, worker: int | None = None) -> Path:
    """Write down what a process is to do in a run directory; answer the file.

    Args:
        directory: the run directory, which is carried out as a whole unless it is a search's.
        options: how.
        worker: number of the process among those that carry the search of this directory out.
    """
    file = directory / (_FILE if worker is None else f"job-{worker}.json")
    write_json(file, _description(options, worker))
    return file


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
        job = {key: values[key] for key in _description(Options())}
        return job | {"run": str(file.parent / job["run"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"not the description of a job ({type(error).__name__}: {error})"
        raise CheckpointError(Fault("C058", message, place=str(file))) from error


def _description(options: Options, worker: int | None = None) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "run": ".",  # from the job's file: an executor may have brought the folder elsewhere
        "runs_directory": str(options.runs_directory.resolve()),
        "device": options.device,
        "exact": options.is_exact,
        "force": options.is_forced,
        "allow_data_change": options.allows_data_change,
        "track": list(options.trackers),
        "trust_storage": options.trusts_storage,
        "worker": worker,
    }


def _faults_of(outcomes: list[Outcome], num_parts: int) -> list[Fault]:
    states = [(outcome, read_state(outcome.job.file.parent)) for outcome in outcomes]
    lost = [(o, state) for o, state in states if o.exit_code and state.status not in OVER]
    failed = [(o, state) for o, state in states if o.exit_code > 0 or (o, state) in lost]
    faults = [_fault(outcome, state, num_parts) for outcome, state in failed]
    if not lost:
        return faults
    outcome, state = lost[0]
    if state.status == "diverged":
        raise TrainingError(faults)
    is_killed = outcome.exit_code < 0
    raise WorkerError(faults, StorageError.exit_code if is_killed else outcome.exit_code)


def _fault(outcome: Outcome, state: RunState, num_parts: int) -> Fault:
    part, place = f"{outcome.job.name} of {num_parts}", str(outcome.job.file.parent)
    if outcome.exit_code < 0:
        message = f"{part} killed by signal {-outcome.exit_code}"
        hint = "the same command goes on with it"
        return Fault("E081", message, place=place, hint=hint)
    if state.status in OVER:
        message = f"{part} is trained, and its process ended with exit code {outcome.exit_code}"
        return Fault("E082", message, place=place, hint="what it said tells why")
    reason = state.reason or f"exit code {outcome.exit_code}"
    return Fault("E082", f"{part} failed: {reason}", place=place)
