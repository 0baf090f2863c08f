"""One trial of a search: its trainings, folds in lock-step, and what comes of them."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import isfinite

import torch
from optuna.pruners import NopPruner
from optuna.trial import Trial

from framework.errors import RunLockedError
from framework.recipe.plans import Plan
from framework.runs.cross_validation import advance_together, begun_trainings
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained, outcome_recorded
from framework.runs.parts import fold_plans, make_part, note_on_parts
from framework.runs.records import OVER, read_state
from framework.runs.results import write_result
from framework.runs.search.counting import KILLS
from framework.runs.search.objectives import Appraisal
from framework.runs.standings import Standing
from framework.runs.training import Training

_SECONDS_BETWEEN_LOOKS = 0.2

Watch = Callable[[int, Appraisal], str]
"""Is told what a trial is worth after an epoch; answers why it is to be ended, if it is."""


class TrialRun:
    """The trainings of one trial, in a run directory of their own.

    Args:
        plan: the plan of the trial.
        search_plan: the plan of the search.
        search_store: the run directory of the search.
        name: the name of the trial's run directory, which is made where it is missing.
        execution: with what, where and how.

    Attributes:
        plan: the plan of the trial.
        store: its run directory.
    """

    def __init__(
        self,
        plan: Plan,
        search_plan: Plan,
        search_store: RunDirectory,
        name: str,
        execution: Execution,
    ) -> None:
        self.plan, self._search_plan = plan, search_plan
        self._execution = replace(execution, label=name.replace("-", " "), is_trial=True)
        self._continue_with = f"framework run {search_store.path}"
        self.store = make_part(
            search_store,
            name,
            plan,
            execution.inheritance_of,
            num_threads=torch.get_num_threads(),
            num_parameters=plan.num_parameters,
            num_epochs=plan.recipe.training.num_epochs,
            layers=[dict(vars(layer)) for layer in plan.layers],
        )

    @property
    def fold_plans(self) -> Mapping[str, Plan]:
        """The plan of each fold; empty where the trial is a single training."""
        return fold_plans(self.plan) if self.plan.has_parts else {}

    @property
    def fold_stores(self) -> dict[str, RunDirectory]:
        """The run directories of the folds, by name."""
        return {name: RunDirectory(self.store.path / name) for name in self.fold_plans}

    @property
    def is_pruned(self) -> bool:
        """Whether it was ended early."""
        return self.store.state.status == "pruned"

    def carry_out(self, watch: Watch) -> Appraisal:
        """Train from wherever the run directory stands, and say what came of it.

        Args:
            watch: is told the value after each epoch that all folds have completed.

        Raises:
            Interrupted: a signal asked for the end; everything is saved.
            FrameworkError: whatever else a training raises.
        """
        with self.locked():
            self.store = RunDirectory(self.store.path)
            if self.store.state.status not in OVER:
                with outcome_recorded(self.store), failures_explained(self.plan):
                    train = self._train_folds if self.plan.has_parts else self._train
                    train(watch)
                self._end_tracking()
        stores = self.fold_stores.values() or [self.store]
        return self._appraisal([Standing.of_run(each) for each in stores])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run directory; where a process that counted as dead is still at it, wait."""
        interruption = self._execution.interruption
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(self.store.lock())
                    break
                except RunLockedError:
                    interruption.require_none(self._continue_with)
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
            yield

    def _end_tracking(self) -> None:
        """End the trackers of what was pruned, and show a trial with folds as a run, too."""
        tracking = self._execution.tracking
        for store in self.fold_stores.values():
            tracking.end(store.path)
        if self.fold_plans:
            tracking.gather(self.plan, self.store.path)
        tracking.end(self.store.path)

    def _train(self, watch: Watch) -> None:
        training = Training(self.plan, self.store, self._execution)
        self._advance([training], [], watch)

    def _train_folds(self, watch: Watch) -> None:
        execution = self._execution
        self.store.begin_attempt(has_parts=True)
        plans = self.fold_plans
        stores = {
            name: make_part(self.store, name, plan, execution.inheritance_of)
            for name, plan in plans.items()
        }
        self.store.update(note=note_on_parts(stores))
        over = [Standing.of_run(each) for each in stores.values() if each.state.status in OVER]
        with begun_trainings(plans, stores, execution) as trainings:
            reason = self._advance(trainings, over, watch)
        seconds = sum(read_state(each.path).seconds for each in stores.values())
        status = "pruned" if reason else "finished"
        write_result(self.store.path, status=status)
        self.store.update(status=status, reason=reason, seconds=seconds)

    def _advance(
        self, trainings: Sequence[Training], over: Collection[Standing], watch: Watch
    ) -> str:
        """Advance trainings to their end; answer why they were ended early, if they were."""
        ended_for = ""

        def reason_to_end(epoch: int) -> str:
            nonlocal ended_for
            standings = [Standing.of_fit(training.fit) for training in trainings]
            reason = watch(epoch, self._appraisal([*over, *standings]))
            is_over = all(training.fit.is_over for training in trainings)
            ended_for = "" if is_over else reason
            return ended_for

        advance_together(trainings, self._execution, reason_to_end)
        self._execution.interruption.require_none(self._continue_with)
        return ended_for

    def _appraisal(self, standings: Sequence[Standing]) -> Appraisal:
        return Appraisal(self.plan, self._search_plan, standings)


def watch_for(trial: Trial) -> Watch:
    """Tell a trial of Optuna's how it gets on, and ask whether it is worth going on with.

    What it was told before it was killed it is not told again. Of several objectives none can say.
    """
    reported: set[int] = set()
    if KILLS in trial.user_attrs:  # it is taken up again
        (known,) = [t for t in trial.study.get_trials(deepcopy=False) if t.number == trial.number]
        reported = set(known.intermediate_values)
    has_pruner = not isinstance(trial.study.pruner, NopPruner)

    def watch(epoch: int, appraisal: Appraisal) -> str:
        value, *others = appraisal.values
        if others or not isfinite(value):
            return ""
        if epoch not in reported:
            trial.report(value, epoch)
        is_hopeless = has_pruner and trial.should_prune()
        return f"not promising after epoch {epoch}: {value:.4g}" if is_hopeless else ""

    return watch
