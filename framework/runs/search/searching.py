"""A whole search in its run directory: begun or gone on with, carried out, concluded."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from optuna.study import Study
from optuna.trial import FrozenTrial

from framework.errors import Fault, FrameworkError, PluginError, SearchError, StorageError
from framework.handlers.tracked_part import TrackedPart
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained, outcome_recorded
from framework.runs.parts import trained_plans
from framework.runs.records import OVER, is_run, read_state
from framework.runs.results import write_result
from framework.runs.search.best_trials import best_of, keep_best
from framework.runs.search.counting import COMBINATIONS, Tally, shortage
from framework.runs.search.database_faults import UNANSWERED, study_faults
from framework.runs.search.drawing import search_of
from framework.runs.search.findings import read_findings
from framework.runs.search.participation import Participation
from framework.runs.search.patience import Patience
from framework.runs.search.retries import end_stragglers, sweep, take_up_owed
from framework.runs.search.sampling import num_combinations
from framework.runs.search.studies import StudyOfRun
from framework.runs.search.verdicts import no_completed_trial
from framework.runs.search.workers import search_in_workers
from framework.runs.training import RunLog, announce_start
from framework.runs.workers import executor_of

_EXHAUSTED = "exhausted"
"""User attribute of a study: the sampler has nothing left to draw."""


def search(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Carry a search out in its locked run directory, from wherever it stands.

    A trial that is over is not trained again; one that was killed goes on from its checkpoint.

    Raises:
        SearchError: no trial has a value, or too many draws in a row cannot be trained.
        RecipeError: the study was begun with another space, other aims or other data; or a draw is
            wrong in a way that is the recipe's fault.
        StorageError: the study or the disk does not take what must be written.
        WorkerError: the processes that search fail or are killed, and nothing gets done.
        PluginError: a figure could not be drawn; the run is finished all the same.
        Interrupted: a signal asked for the end; everything is saved.
    """
    if read_state(store.path).status in OVER:
        return
    plan = with_total(plan, store)
    with closing(_study_of(plan, store, execution)) as of_run:
        study = of_run.begin()
        with (
            outcome_recorded(store),
            _silence_recorded(store),
            failures_explained(plan),
            study_faults(of_run.url),
        ):
            store.begin_attempt(has_parts=True)
            announce_start(plan, store, execution)
            execution.tracking.tell_more(store.path, partial(_tell_of_trials, store.path))
            with _nobody_left_behind(study, plan, store, of_run.patience):
                _carry_out(plan, store, execution, study)
            faults = _conclude(plan, store, execution, study)
    if faults:
        raise PluginError(faults)


def take_part(plan: Plan, store: RunDirectory, execution: Execution, worker: int) -> None:
    """Carry out trials of a search that another process has begun and watches.

    Raises:
        FrameworkError: as `search`.
    """
    plan = with_total(plan, store)
    of_run = _study_of(plan, store, execution)
    with closing(of_run), failures_explained(plan), study_faults(of_run.url):
        Participation(plan, store, execution, of_run.join(), worker).take_part()


def _study_of(plan: Plan, store: RunDirectory, execution: Execution) -> StudyOfRun:
    def warn(line: str) -> None:
        RunLog(store.path / "log.txt").write(line)
        execution.options.warn(line)

    return StudyOfRun(
        plan, store, execution.fingerprint, interruption=execution.interruption, warn=warn
    )


def _tell_of_trials(path: Path, part: TrackedPart) -> None:
    from framework.runs.search.tracked_search import pictures_of_search, table_of

    findings = read_findings(path, with_importances=True)
    part.table("trials", *table_of(findings))
    part.show(pictures_of_search(findings), iteration=0, epoch=0)


def with_total(plan: Plan, store: RunDirectory) -> Plan:
    """The plan with the number of trials that was asked for last, which may have grown."""
    total = read_state(store.path).num_trials or search_of(plan).num_trials
    update = {"search": search_of(plan).model_copy(update={"num_trials": total})}
    return replace(plan, recipe=plan.recipe.model_copy(update=update))


@contextmanager
def _nobody_left_behind(
    study: Study, plan: Plan, store: RunDirectory, patience: Patience
) -> Iterator[None]:
    """Before and after, fail trials whose process is dead, and let them be taken up again."""
    num_dead = _let_wait(study, plan)
    if num_dead:
        log = RunLog(store.path / "log.txt")
        log.write(f"found {num_dead} trial{'s' * (num_dead > 1)} of dead processes")
    try:
        yield
    except BaseException:
        patience.is_spent = True  # what can be done at once is done
        with suppress(FrameworkError), study_faults(patience.url):
            _let_wait(study, plan)
        raise


@contextmanager
def _silence_recorded(store: RunDirectory) -> Iterator[None]:
    """Write into the state that the study does not answer, though the disk may."""
    try:
        yield
    except StorageError as error:
        if error.faults[0].identifier == UNANSWERED:
            with suppress(StorageError):
                store.update(status="failed", reason=error.faults[0].message)
        raise


def _let_wait(study: Study, plan: Plan) -> int:
    """Let trials wait that nobody is at, and that are not over; answer how many were at work."""
    max_retries, num_trials = search_of(plan).max_retries, search_of(plan).num_trials
    num_dead = sweep(study, max_retries, is_alone=True)
    take_up_owed(study, max_retries, num_trials)
    return num_dead


def _carry_out(plan: Plan, store: RunDirectory, execution: Execution, study: Study) -> None:
    """Carry trials out until there are as many as were asked for, and nothing waits any more."""
    executor = executor_of(plan)
    _note_combinations(study, plan, search_of(plan).num_trials)
    if study.user_attrs.get(_EXHAUSTED) and not _tally(study, plan).num_waiting:
        return
    max_retries, num_trials = search_of(plan).max_retries, search_of(plan).num_trials
    require_none = partial(execution.interruption.require_none, f"framework run {store.path}")
    if executor is not None:
        for each in trained_plans(plan) if plan.upstreams else ():
            execution.inheritance_of(each)  # once, before all workers need it at once
    while True:
        if executor is None:
            Participation(plan, store, execution, study).take_part()
        else:
            search_in_workers(plan, store, execution, study, executor)
        end_stragglers(study, max_retries, num_trials, require_none)
        if not (tally := _tally(study, plan)).num_waiting:
            break
    if tally.num_taken < num_trials:
        _note_combinations(study, plan, len(tally.trials) + 1)
        study.set_user_attr(_EXHAUSTED, True)  # noqa: FBT003  Optuna's signature


def _note_combinations(study: Study, plan: Plan, at_most: int) -> None:
    """Write down how many combinations there are, if they are fewer."""
    found = num_combinations(plan, at_most)
    if found is not None and found < at_most and study.user_attrs.get(COMBINATIONS) != found:
        study.set_user_attr(COMBINATIONS, found)


def _tally(study: Study, plan: Plan) -> Tally:
    return Tally(study.get_trials(deepcopy=False), search_of(plan).max_retries)


def _values(tally: Tally, best: FrozenTrial) -> dict[str, float]:
    """What a search came to, as metrics of its result."""
    endings = {
        "complete": tally.complete,
        "pruned": tally.pruned,
        "failed": tally.failed,
        "infeasible": tally.infeasible,
    }
    numbers = {f"search/{name}": float(len(trials)) for name, trials in endings.items()}
    return numbers | {"search/objective": best.values[0]}


def _conclude(plan: Plan, store: RunDirectory, execution: Execution, study: Study) -> list[Fault]:
    tally = _tally(study, plan)
    front = best_of(study)
    seconds = sum(
        read_state(path).seconds for name in tally.places if is_run(path := store.path / name)
    )
    store.update(seconds=seconds)
    if not front:
        raise SearchError(no_completed_trial(store, tally))
    faults = keep_best(plan, store, execution, front)
    if (found := study.user_attrs.get(COMBINATIONS)) and tally.num_done < search_of(
        plan
    ).num_trials:
        told = shortage(found, len(tally.infeasible), search_of(plan).num_trials)
        store.update(note=f"{store.state.note}; {told}")
    write_result(store.path, status="finished", values=_values(tally, front[0]))
    store.update(status="finished", reason="")
    said = f"finished: {tally.num_done} trials; {len(tally.infeasible)} more draws"
    RunLog(store.path / "log.txt").write(f"{said} could not be trained")
    return faults
