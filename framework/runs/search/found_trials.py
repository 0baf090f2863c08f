"""One trial of a search, and what is sought, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Ending = Literal["complete", "pruned", "failed", "infeasible", "running", "waiting", "surplus"]


@dataclass(frozen=True)
class FoundTrial:
    """One trial of a search.

    Attributes:
        number: that in the name of its run directory; of one that has none, that in the study.
        ending: how it ended, or that it has not ended yet.
        values: the value of each objective; none unless it is complete.
        terms: the terms of the objectives and constraints, unweighted.
        parameters: what the sampler drew, by the names of the dimensions.
        overrides: what that changes in the recipe: dotted place → value.
        reason: why it failed, was ended early or cannot be trained, or which constraints it
            violates and by how much; may be empty.
        layer: the layer that cannot exist; empty unless the trial is infeasible.
        curve: epoch → value of the objective then, as far as the trial has come.
        started: when its last attempt began.
        ended: when it ended; None while it goes on.
        minutes: time spent training, of folds the mean; None before it is over.
        run: name of its run directory; empty where it has none.
        attempts: how often it was begun.
        violation: by how much it violates constraints, in all; 0 where it keeps them.
    """

    number: int
    ending: Ending
    values: Sequence[float] = ()
    terms: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    layer: str = ""
    curve: Mapping[int, float] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    minutes: float | None = None
    run: str = ""
    attempts: int = 1
    violation: float = 0.0

    @property
    def is_allowed(self) -> bool:
        """Whether it is complete and keeps all constraints."""
        return self.ending == "complete" and self.violation <= 0

    def parameter(self, name: str) -> Any:
        """What a dimension means in the recipe, or what was drawn where it stands for no key."""
        for place, value in self.overrides.items():
            if name == place:
                return value
            if name.startswith(f"{place}."):
                return _value_below(value, name[len(place) + 1 :], self.parameters.get(name))
        return self.parameters.get(name)


@dataclass(frozen=True)
class SoughtValue:
    """An objective: its name, its direction, and the names of its terms with their weights."""

    name: str
    direction: Literal["minimize", "maximize"]
    terms: Mapping[str, float]

    @property
    def only_term(self) -> str:
        """The term that the objective is, unweighted; empty where it is a sum."""
        return next(iter(self.terms), "") if [*self.terms.values()] == [1.0] else ""

    @property
    def sign(self) -> int:
        """1 where small values are good, else -1."""
        return 1 if self.direction == "minimize" else -1


def _value_below(value: Any, name: str, default: Any) -> Any:
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return default
        value = value[step]
    return value
