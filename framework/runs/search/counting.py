"""How far a search is, counted from its study.

A trial that is going to be trained takes a place, which bears the name of its run directory. A
trial that was killed keeps its place, and the one that takes it up again has the same, so that what
was asked for is done exactly, whoever dies. Draws that cannot be trained never take one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from optuna.trial import FrozenTrial, TrialState

RUN = "run"
"""User attribute: the name of the run directory, and with it the place that a trial has taken."""
SURPLUS = "surplus"
"""User attribute: the trial was one too many, and has not been trained."""
INFEASIBLE = "infeasible"
"""User attribute: why what was drawn cannot be trained."""
REASON = "reason"
"""User attribute: why a trial failed; one that was killed has none."""
KILLS = "kills"
"""User attribute: how often the trial had been killed before it was taken up this time."""
STOPPED = "stopped"
"""User attribute: somebody asked for the end of the trial, which so does not count as killed."""
COMBINATIONS = "combinations"
"""User attribute of a study: how many combinations there are, where they are no more than asked."""
HISTORY = "retry_history"
"""System attribute, as Optuna calls it: the numbers of the trials that this one takes up again."""


@dataclass(frozen=True)
class Tally:
    """Where a search stands.

    Attributes:
        trials: all trials of its study.
        max_retries: how often a trial that was killed is taken up again.
    """

    trials: Sequence[FrozenTrial]
    max_retries: int

    @cached_property
    def places(self) -> dict[str, FrozenTrial]:
        """Run directory → the newest trial that has this place."""
        taken = [t for t in self.trials if RUN in t.user_attrs and not t.user_attrs.get(SURPLUS)]
        return {trial.user_attrs[RUN]: trial for trial in sorted(taken, key=lambda t: t.number)}

    @property
    def num_taken(self) -> int:
        """Number of places that are taken."""
        return len(self.places)

    @property
    def num_done(self) -> int:
        """Number of trials that are over, in whatever way."""
        return sum(self._is_done(trial) for trial in self.places.values())

    @property
    def complete(self) -> list[FrozenTrial]:
        """Trials that have a value."""
        return [t for t in self.places.values() if t.state == TrialState.COMPLETE]

    @property
    def pruned(self) -> list[FrozenTrial]:
        """Trials that were ended early."""
        return [t for t in self.places.values() if t.state == TrialState.PRUNED]

    @property
    def failed(self) -> dict[int, str]:
        """Number of a trial that failed for good → why."""
        failed = [t for t in self.places.values() if t.state == TrialState.FAIL]
        return {t.number: _reason_of(t) for t in failed if self._is_done(t)}

    @property
    def infeasible(self) -> list[FrozenTrial]:
        """Draws that cannot be trained."""
        return [t for t in self.trials if INFEASIBLE in t.user_attrs]

    @property
    def owed(self) -> list[FrozenTrial]:
        """Trials that were stopped or killed, and that nobody has taken up again."""
        return [t for t in self._left_behind if not t.user_attrs.get(SURPLUS)]

    def surplus(self, num_trials: int) -> list[FrozenTrial]:
        """Trials that were one too many, as many as there is a place for now."""
        found = [t for t in self._left_behind if t.user_attrs.get(SURPLUS) and t.params]
        return found[: max(0, num_trials - self.num_taken)]

    @property
    def num_waiting(self) -> int:
        """Number of trials that are to be taken up again."""
        return sum(t.state == TrialState.WAITING for t in self.trials)

    @property
    def _left_behind(self) -> list[FrozenTrial]:
        taken_up = {number for trial in self.trials for number in attempts_before(trial)}
        failed = [t for t in self.trials if t.state == TrialState.FAIL]
        return [t for t in failed if t.number not in taken_up and not self._is_done(t)]

    def others_than(self, run: str) -> int:
        """Number of places that are taken besides this one."""
        return len(self.places.keys() - {run})

    def _is_done(self, trial: FrozenTrial) -> bool:
        if trial.state == TrialState.FAIL:
            return REASON in trial.user_attrs or is_given_up(trial, self.max_retries)
        return trial.state in {TrialState.COMPLETE, TrialState.PRUNED}


def attempts_before(trial: FrozenTrial) -> list[int]:
    """Numbers of the trials that a trial takes up again, the first attempt first."""
    found: list[int] = trial.system_attrs.get(HISTORY, [])
    return found


def is_given_up(trial: FrozenTrial, max_retries: int) -> bool:
    """Whether a trial that was killed has been taken up again often enough."""
    return not trial.user_attrs.get(STOPPED) and trial.user_attrs.get(KILLS, 0) >= max_retries


def shortage(num_combinations: int, num_infeasible: int, num_asked_for: int) -> str:
    """Why a search tries fewer combinations than trials were asked for."""
    rest = f", {num_infeasible} of which cannot be trained" if num_infeasible else ""
    found = f"the space has {num_combinations} combinations{rest}"
    return f"{found}; {num_asked_for} trials were asked for"


def _reason_of(trial: FrozenTrial) -> str:
    kills = trial.user_attrs.get(KILLS, 0) + 1
    return str(trial.user_attrs.get(REASON, f"killed {kills} times"))
