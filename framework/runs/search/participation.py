"""A process that takes part in a search: it draws, trains and tells, until enough is done."""

import json
from typing import Any

from optuna import TrialPruned
from optuna.exceptions import OptunaError, UpdateFinishedTrialError
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial
from sqlalchemy.exc import SQLAlchemyError

from framework.errors import FrameworkError, SearchError, StorageError
from framework.recipe.plans import Plan
from framework.recipe.proving import Proofs
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.interruption import Interrupted
from framework.runs.search.combinations import Combinations
from framework.runs.search.counting import INFEASIBLE, REASON, RUN, STOPPED, SURPLUS, Tally
from framework.runs.search.drawing import Drawer, NothingLeft, search_of
from framework.runs.search.feasibility import InfeasibleDraw, planned_trial
from framework.runs.search.objectives import Appraisal
from framework.runs.search.retries import OWNER, sweep
from framework.runs.search.sampling import make_pruner, make_sampler
from framework.runs.search.trials import TrialRun, watch_for
from framework.runs.search.verdicts import LAYER, no_valid_network
from framework.storage import this_process

OVERRIDES = "overrides"
"""User attribute: what the trial changes in the recipe, as JSON of dotted place → value."""
TERM = "term/"
"""What user attributes begin with that hold the terms of objectives and constraints."""
MINUTES = "minutes"
"""User attribute: time spent training, of folds the mean, over all attempts."""
_FEASIBLE = "feasible"


class TrialFailed(Exception):  # noqa: N818  said of a trial
    """A trial has no value, which is no reason to end the search."""


class Participation:
    """One process's part in a search.

    Args:
        plan: the plan of the search.
        store: its run directory.
        execution: with what, where and how.
        study: what all processes share.
        worker: number of the process.

    Raises:
        RecipeError: the sampler would execute what others may have written to the storage.
    """

    def __init__(
        self, plan: Plan, store: RunDirectory, execution: Execution, study: Study, worker: int = 0
    ) -> None:
        self._plan, self._search, self._store = plan, search_of(plan), store
        self._execution, self._study = execution, study
        study.sampler = make_sampler(
            plan,
            worker=worker,
            num_known=len(study.get_trials(deepcopy=False)),
            trusts_storage=execution.options.trusts_storage,
        )
        study.pruner = make_pruner(plan)
        self._drawer = Drawer(plan)
        self._proofs = Proofs()
        self._num_infeasible = 0

    def take_part(self) -> None:
        """Carry trials out until as many are taken as there are to be.

        It ends earlier where the sampler has nothing left to draw.

        Raises:
            SearchError: too many draws in a row could not be trained.
            RecipeError: a draw is wrong in a way that is the recipe's fault.
            StorageError: the disk does not take what must be written.
            Interrupted: a signal asked for the end; everything is saved.
        """
        while not self._is_enough():
            try:
                self._study.optimize(
                    self._value, catch=(TrialFailed,), callbacks=[self._look_around]
                )
            except (UpdateFinishedTrialError, ValueError, AssertionError) as error:
                if not _is_taken_away(error):
                    raise
                continue  # we were taken for dead, and somebody else has the trial
            break

    def _tally(self) -> Tally:
        return Tally(self._study.get_trials(deepcopy=False), self._search.max_retries)

    def _is_enough(self) -> bool:
        """Whether every place is taken, and none waits for somebody to take it up again."""
        self._execution.interruption.require_none(f"framework run {self._store.path}")
        sweep(self._study, self._search.max_retries)
        tally, sampler = self._tally(), self._study.sampler
        is_exhausted = isinstance(sampler, Combinations) and sampler.is_exhausted(tally.trials)
        return (
            is_exhausted or tally.num_taken >= self._search.num_trials
        ) and not tally.num_waiting

    def _look_around(self, study: Study, trial: FrozenTrial) -> None:
        """Decide after a trial whether another one is needed, and whether there is hope."""
        self._execution.options.show_search(self._store.path)
        self._num_infeasible = self._num_infeasible + 1 if INFEASIBLE in trial.user_attrs else 0
        if self._num_infeasible >= self._search.max_infeasible_draws:
            raise SearchError(no_valid_network(self._store, self._tally(), self._num_infeasible))
        if self._is_enough():
            study.stop()

    def _value(self, trial: Trial) -> list[float]:
        """Draw, train, and answer what the trial is worth."""
        trial.set_user_attr(OWNER, this_process())
        plan = self._planned(trial)
        name = self._place(trial)
        self._execution.options.show_search(self._store.path)
        try:
            run = TrialRun(plan, self._plan, self._store, name, self._execution)
            appraisal = run.carry_out(watch_for(trial))
        except (Interrupted, KeyboardInterrupt):
            _note(trial, STOPPED, value=True)
            raise
        except (StorageError, OptunaError, SQLAlchemyError):
            raise
        except (Exception, SystemExit) as error:  # a recipe's components may raise anything
            raise _failed(trial, _words_on(error)) from error
        return self._judged(trial, run, appraisal)

    def _planned(self, trial: Trial) -> Plan:
        try:
            draw = self._drawer.draw(trial)
        except NothingLeft as error:
            raise _surplus(trial) from error
        _note(trial, OVERRIDES, json.dumps(draw.overrides))
        try:
            return planned_trial(self._plan, draw, self._proofs)
        except InfeasibleDraw as error:
            _note(trial, INFEASIBLE, error.reason)
            _note(trial, LAYER, error.layer)
            trial.set_constraint(_FEASIBLE, 1.0)
            raise TrialPruned(error.reason) from error
        except FrameworkError as error:
            _note(trial, REASON, _words_on(error))  # it would be the same another time
            raise

    def _place(self, trial: Trial) -> str:
        """Take a place, unless others have taken all of them; answer the run directory's name."""
        name = str(trial.user_attrs.get(RUN, f"trial-{trial.number:04d}"))
        _note(trial, RUN, name)
        if self._tally().others_than(name) >= self._search.num_trials:
            raise _surplus(trial)
        return name

    def _judged(self, trial: Trial, run: TrialRun, appraisal: Appraisal) -> list[float]:
        """Log every term apart, then tell how the trial has ended."""
        for name, value in appraisal.terms.items():
            _note(trial, f"{TERM}{name}", value)
        _note(trial, MINUTES, appraisal.minutes)
        if run.is_pruned:
            raise TrialPruned(run.store.state.reason)
        if appraisal.problem:
            raise _failed(trial, appraisal.problem)
        for name, excess in appraisal.violations.items():
            trial.set_constraint(name, excess)
        return appraisal.values


def _note(trial: Trial, name: str, value: Any) -> None:
    trial.set_user_attr(name, value)


def _surplus(trial: Trial) -> TrialFailed:
    _note(trial, SURPLUS, value=True)
    return TrialFailed("another process has taken the last place")


def _failed(trial: Trial, reason: str) -> TrialFailed:
    _note(trial, REASON, reason)
    return TrialFailed(reason)


def _words_on(error: BaseException) -> str:
    if isinstance(error, FrameworkError):
        return error.faults[0].message
    return f"{type(error).__name__}: {error}"


def _is_taken_away(error: BaseException) -> bool:
    """Whether a trial could not be told its end because it has been told one before."""
    told = [error, error.__context__]
    return any(isinstance(e, UpdateFinishedTrialError) or "Cannot tell a" in str(e) for e in told)
