"""Every combination of a finite space once, however many processes try them."""

from collections.abc import Mapping, Sequence
from math import prod
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from framework.recipe.drawing import Drawing
from framework.runs.search.counting import attempts_before
from framework.search_spaces import Choose, Dimension, Drawn

_MOST = 100_000
"""Of more combinations than anybody trains, as many are put in order."""

Combination = Mapping[str, Drawn]


class Combinations(BaseSampler):
    """Gives out the combinations of a space, in an order that all workers share.

    What a trial tries follows from its number, which a study gives out once: no two processes try
    the same, and none is left out. A trial that takes another one up again tries what that did.
    Optuna's `GridSampler` and `BruteForceSampler` look for what is free and then take it, which
    two processes do at a time, and take for tried what a killed one had begun to draw.

    Args:
        drawing: draws the space.
        seed: seed of the order.
        is_lazy: whether what is under a condition is drawn only where the condition holds.

    Attributes:
        is_lazy: see above.
    """

    def __init__(self, drawing: Drawing, seed: int, *, is_lazy: bool) -> None:
        self.is_lazy, self._drawing = is_lazy, drawing
        self._values = {name: values_of(each) for name, each in drawing.dimensions().items()}
        total = prod(map(len, self._values.values()))
        self._left = iter(Random(seed).sample(range(total), min(total, _MOST)))  # noqa: S311
        self._found: list[Combination] = []
        self._of_trial: dict[int, Combination] = {}

    def assign(self, number: int, trials: Sequence[FrozenTrial]) -> bool:
        """Give a trial its combination; answer whether there is one left for it.

        Args:
            number: number of the trial.
            trials: all trials of the study.
        """
        (history,) = [attempts_before(trial) for trial in trials if trial.number == number]
        first = min([number, *history])
        combination = self._combination(_num_first_attempts(trials, first))
        self._of_trial = {} if combination is None else {number: combination}
        return combination is not None

    def is_exhausted(self, trials: Sequence[FrozenTrial]) -> bool:
        """Whether every combination has been given to one of these trials."""
        return self._combination(_num_first_attempts(trials, len(trials))) is None

    def count(self, at_most: int) -> int:
        """How many combinations there are, or `at_most` where there are more."""
        self._combination(at_most - 1)
        return min(len(self._found), at_most)

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002  Optuna's signature
        trial: FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        """Nothing is drawn jointly."""
        return {}

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Nothing is drawn jointly."""
        return {}

    def sample_independent(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002
    ) -> Any:
        """The value of one dimension in the combination that the trial was assigned."""
        return self._of_trial[trial.number][param_name]

    def _combination(self, place: int) -> Combination | None:
        while len(self._found) <= place:
            index = next(self._left, None)
            if index is None:
                return None
            combination = self._at(index)
            if not self.is_lazy or self._is_itself(combination):
                self._found.append(combination)
        return self._found[place]

    def _at(self, index: int) -> Combination:
        """The combination of this number among all."""
        found: dict[str, Drawn] = {}
        for name, values in self._values.items():
            index, digit = divmod(index, len(values))
            found[name] = values[digit]
        return found

    def _is_itself(self, combination: Combination) -> bool:
        """Whether it stands for all those that differ only in what is not drawn."""
        met: set[str] = set()

        def suggest(dimension: Dimension) -> Drawn:
            met.add(dimension.name)
            return combination[dimension.name]

        self._drawing.draw(Choose(suggest), is_lazy=True)
        return all(combination[name] == self._values[name][0] for name in combination.keys() - met)


def values_of(dimension: Dimension) -> tuple[Drawn, ...]:
    """Everything that can be drawn.

    Raises:
        ValueError: there is no end of it.
    """
    if dimension.values is None:
        raise ValueError(f"'{dimension.name}' has no end of values")
    return dimension.values


def _num_first_attempts(trials: Sequence[FrozenTrial], end: int) -> int:
    """How many trials with a smaller number take none up again."""
    return sum(not attempts_before(trial) for trial in trials if trial.number < end)
