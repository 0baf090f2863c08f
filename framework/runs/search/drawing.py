"""Trials drawn by Optuna."""

from typing import Any

from optuna.trial import Trial

from framework.recipe.drawing import Draw, drawing_of
from framework.recipe.plans import Plan
from framework.recipe.search_block import Search
from framework.runs.search.combinations import Combinations
from framework.search_spaces import Choose, Dimension, Drawn


class NothingLeft(Exception):  # noqa: N818  no mishap
    """All combinations have been given to other trials."""


class Drawer:
    """Draws the trials of a search.

    Args:
        plan: the plan of a recipe with a search.

    Attributes:
        dimensions: all that is drawn, by name; whatever changes them makes another space of it.
    """

    def __init__(self, plan: Plan) -> None:
        self._drawing = drawing_of(plan, search_of(plan))
        self.dimensions = self._drawing.dimensions()

    def draw(self, trial: Trial) -> Draw:
        """Draw everything for one trial; the same trial always gives the same.

        What stands under a condition that does not hold is drawn too, so that the sampler sees the
        whole space; only a sampler that counts combinations would count it twice.

        Raises:
            NothingLeft: the sampler has given every combination to another trial.
        """
        sampler, is_lazy = trial.study.sampler, False
        if isinstance(sampler, Combinations):
            is_lazy = sampler.is_lazy
            if not sampler.assign(trial.number, trial.study.get_trials(deepcopy=False)):
                raise NothingLeft
        return self._drawing.draw(Choose(lambda d: _suggested(trial, d)), is_lazy=is_lazy)


def search_of(plan: Plan) -> Search:
    """The search of a plan that has one.

    Raises:
        ValueError: it has none.
    """
    if plan.recipe.search is None:
        raise ValueError(f"recipe '{plan.recipe.name}' has no search")
    return plan.recipe.search


def _suggested(trial: Trial, dimension: Dimension) -> Drawn:
    name = dimension.name
    if dimension.choices:
        chosen: Any = trial.suggest_categorical(name, dimension.choices)
        return chosen
    if dimension.is_integer:
        low, high, step = round(dimension.low), round(dimension.high), round(dimension.step or 1)
        return trial.suggest_int(name, low, high, step=step, log=dimension.is_log)
    return trial.suggest_float(
        name, dimension.low, dimension.high, step=dimension.step, log=dimension.is_log
    )
