"""A whole search in its run directory: begun or gone on with, carried out, concluded."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from optuna.study import Study
from optuna.trial import FrozenTrial

from framework.errors import Fault, PluginError, SearchError, StorageError
from framework.handlers.tracked_part import TrackedPart
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained, outcome_recorded
from framework.runs.parts import trained_plans
from framework.runs.records import OVER, is_run, read_state
from framework.runs.results import write_result
from framework.runs.search.best_trials import best_of, keep_best
from framework.runs.search.counting import Tally
from framework.runs.search.drawing import search_of
from framework.runs.search.findings import read_findings
from framework.runs.search.participation import Participation
from framework.runs.search.retries import sweep, take_up_owed
from framework.runs.search.storages import study_faults
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
    with closing(StudyOfRun(plan, store, execution.fingerprint)) as of_run:
        study = of_run.begin()
        with outcome_recorded(store), failures_explained(plan), study_faults(of_run.url):
            store.begin_attempt(has_parts=True)
            announce_start(plan, store, execution)
            execution.tracking.tell_more(store.path, partial(_tell_of_trials, store.path))
            with _nobody_left_behind(study, plan, store):
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
    of_run = StudyOfRun(plan, store, execution.fingerprint)
    with closing(of_run), failures_explained(plan), study_faults(of_run.url):
        Participation(plan, store, execution, of_run.join(), worker).take_part()


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
def _nobody_left_behind(study: Study, plan: Plan, store: RunDirectory) -> Iterator[None]:
    """Before and after, fail trials whose process is dead, and let them be taken up again."""
    max_retries, num_trials = search_of(plan).max_retries, search_of(plan).num_trials
    num_dead = sweep(study, max_retries, is_alone=True)
    if num_dead:
        RunLog(store.path / "log.txt").write(f"{num_dead} trials of dead processes were found")
    take_up_owed(study, max_retries, num_trials)
    try:
        yield
    finally:
        with suppress(StorageError), study_faults(str(store.path)):
            sweep(study, max_retries, is_alone=True)
            take_up_owed(study, max_retries, num_trials)


def _carry_out(plan: Plan, store: RunDirectory, execution: Execution, study: Study) -> None:
    executor = executor_of(plan)
    if study.user_attrs.get(_EXHAUSTED):
        return
    if executor is None:
        Participation(plan, store, execution, study).take_part()
    else:
        for each in trained_plans(plan) if plan.upstreams else ():
            execution.inheritance_of(each)  # once, before all workers need it at once
        search_in_workers(plan, store, execution, study, executor)
    if Tally(study.get_trials(deepcopy=False), 0).num_taken < search_of(plan).num_trials:
        study.set_user_attr(_EXHAUSTED, True)  # noqa: FBT003  Optuna's signature


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
    tally = Tally(study.get_trials(deepcopy=False), search_of(plan).max_retries)
    front = best_of(study)
    seconds = sum(
        read_state(path).seconds for name in tally.places if is_run(path := store.path / name)
    )
    store.update(seconds=seconds)
    if not front:
        raise SearchError(no_completed_trial(store, tally))
    faults = keep_best(plan, store, execution, front)
    write_result(store.path, status="finished", values=_values(tally, front[0]))
    store.update(status="finished", reason="")
    said = f"finished: {tally.num_done} trials; {len(tally.infeasible)} more draws"
    RunLog(store.path / "log.txt").write(f"{said} could not be trained")
    return faults
