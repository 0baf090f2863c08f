"""A search carried out by several processes, which this one begins and watches."""

from collections.abc import Sequence
from functools import partial

from optuna.study import Study

from framework.errors import Fault, SearchError, StorageError
from framework.jobs import Executor, Job, Outcome
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.search.counting import Tally
from framework.runs.search.drawing import search_of
from framework.runs.search.retries import end_stragglers
from framework.runs.search.verdicts import no_valid_network
from framework.runs.workers import WorkerError, threads_of, write_job

_TERMINATED = 143


def search_in_workers(
    plan: Plan, store: RunDirectory, execution: Execution, study: Study, executor: Executor
) -> None:
    """Let an executor's processes carry the trials out, and wait for all of them.

    What a process that was killed leaves undone is done by the others, or by new ones, as long as
    they get anywhere.

    Raises:
        SearchError: too many draws in a row could not be trained.
        WorkerError: a process failed, or all were killed and nothing was done.
        Interrupted: a signal asked for the end; everything is saved.
    """
    search = search_of(plan)
    require_none = partial(execution.interruption.require_none, f"framework run {store.path}")
    while True:
        before = Tally(study.get_trials(deepcopy=False), search.max_retries)
        num_left = search.num_trials - before.num_done
        if num_left <= 0 and not before.num_waiting:
            return
        outcomes = _one_round(plan, store, execution, executor, max(1, num_left))
        if all(outcome.exit_code == StorageError.exit_code for outcome in outcomes):
            _require_progress(outcomes, has_progress=False)  # the study may not answer us, either
        end_stragglers(study, search.max_retries, search.num_trials, require_none)
        after = Tally(study.get_trials(deepcopy=False), search.max_retries)
        if after.num_done >= search.num_trials and not after.num_waiting:
            return
        if any(outcome.exit_code == SearchError.exit_code for outcome in outcomes):
            raise SearchError(no_valid_network(store, after, search.max_infeasible_draws))
        _require_progress(outcomes, has_progress=after.num_done > before.num_done)
        if not any(outcome.exit_code for outcome in outcomes) and not after.num_waiting:
            return  # the sampler has nothing left to draw


def _one_round(
    plan: Plan, store: RunDirectory, execution: Execution, executor: Executor, num_left: int
) -> list[Outcome]:
    num_workers = executor.num_workers(num_left)
    interruption, options = execution.interruption, execution.options
    shares_files = search_of(plan).storage is None  # the study is a file in the run directory

    def is_stopped() -> bool:
        options.show_search(store.path)  # an executor asks several times a second
        return interruption.received is not None

    jobs = [
        Job(f"worker {number}", write_job(store.path, options, worker=number), shares_files)
        for number in range(num_workers)
    ]
    return executor.carry_out(
        jobs,
        num_threads=threads_of(plan, executor, num_workers),
        report=options.announce,
        is_stopped=is_stopped,
    )


def _require_progress(outcomes: Sequence[Outcome], *, has_progress: bool) -> None:
    """Refuse to go on with processes that fail, or that are killed before they get anywhere."""
    ended = [o for o in outcomes if o.exit_code < 0 or o.exit_code == _TERMINATED]
    failed = [o for o in outcomes if o.exit_code and o not in ended]
    if failed:
        raise WorkerError([_failure(each) for each in failed], failed[0].exit_code)
    if ended and not has_progress:
        raise WorkerError([_death(each) for each in ended], StorageError.exit_code)


def _failure(outcome: Outcome) -> Fault:
    message = f"{outcome.job.name} failed with exit code {outcome.exit_code}"
    return Fault("E082", message, hint="what it said tells why; the same command goes on")


def _death(outcome: Outcome) -> Fault:
    how = f"by signal {-outcome.exit_code}" if outcome.exit_code < 0 else "by SIGTERM"
    message = f"{outcome.job.name} was killed {how}, and no trial was done meanwhile"
    return Fault("E081", message, hint="the same command goes on with the search")
