"""What a trial is worth, computed from what its trainings have measured and spent."""

from collections.abc import Sequence
from math import isfinite, nan
from statistics import fmean
from typing import Any

from framework.recipe.plans import Plan
from framework.recipe.search_block import Constraint, Objective, Term
from framework.runs.search.drawing import search_of
from framework.runs.standings import Standing

_SECONDS_PER_MINUTE = 60


class Appraisal:
    """What a trial is worth so far, or at its end.

    Args:
        plan: the plan of the trial, without its search.
        search_plan: the plan of the search.
        standings: its trainings, such as one per fold; at least one.
    """

    def __init__(self, plan: Plan, search_plan: Plan, standings: Sequence[Standing]) -> None:
        self._plan, self._search = plan, search_of(search_plan)
        self._standings = standings
        self._metrics = [standing.metrics() for standing in standings]
        self._resolved = plan.resolved if self._needs_parameters() else {}

    @property
    def minutes(self) -> float:
        """Time spent training, the mean over the folds."""
        return fmean(each.seconds for each in self._standings) / _SECONDS_PER_MINUTE

    @property
    def terms(self) -> dict[str, float]:
        """Every term of all objectives and constraints by its name, unweighted."""
        return {term.name: self._value(term) for term in self._terms()}

    @property
    def values(self) -> list[float]:
        """The value of each objective, in order; NaN where one of its terms is not finite."""
        return [self._sum(objective) for objective in self._search.sought.values()]

    @property
    def violations(self) -> dict[str, float]:
        """Constraint → by how much it is violated; 0 and less is kept."""
        return {
            f"{each.name} {kind}": excess
            for each in self._search.constraints
            for kind, excess in self._excesses(each)
        }

    @property
    def problem(self) -> str:
        """Why the trial has no value; empty where it has one."""
        spoilt = [name for name, value in self.terms.items() if not isfinite(value)]
        if spoilt:
            return f"{spoilt[0]} is not a finite number"
        return "" if all(map(isfinite, self.values)) else "the objective is not a finite number"

    def _needs_parameters(self) -> bool:
        return any(term.parameter is not None for term in self._terms())

    def _terms(self) -> list[Term]:
        summands = [t for objective in self._search.sought.values() for t in objective.terms]
        return [*summands, *self._search.constraints]

    def _sum(self, objective: Objective) -> float:
        return sum(term.weight * self._value(term) for term in objective.terms)

    def _value(self, term: Term) -> float:
        if term.metric is not None:
            return fmean(metrics.get(term.metric, nan) for metrics in self._metrics)
        if term.cost is not None:
            return self.minutes if term.cost == "minutes" else float(self._plan.num_parameters)
        found: Any = self._resolved
        for step in str(term.parameter).split("."):
            found = found[int(step)] if isinstance(found, list) else found.get(step, nan)
        return float(found)

    def _excesses(self, constraint: Constraint) -> list[tuple[str, float]]:
        value = constraint.weight * self._value(constraint)
        found = []
        if constraint.at_most is not None:
            found.append(("at_most", value - constraint.at_most))
        if constraint.at_least is not None:
            found.append(("at_least", constraint.at_least - value))
        return found
