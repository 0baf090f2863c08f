"""What a search draws: the dimensions of its space, and the components that shape parts of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

Number = int | float
Drawn = str | int | float | bool | None
"""A value that a sampler can draw."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One thing that a search draws: a number from a range, or one of some choices.

    Attributes:
        name: its name among all that the search draws; begins with the place in the recipe.
        low: smallest number; without meaning where there are choices.
        high: largest number.
        is_integer: whether only whole numbers are drawn.
        is_log: whether the logarithm is what is drawn evenly.
        step: distance between two numbers; None allows any.
        choices: what is chosen from; empty for a range.
        is_dependent: whether what it means, or whether it means anything, depends on others.
    """

    name: str
    low: Number = 0
    high: Number = 0
    is_integer: bool = False
    is_log: bool = False
    step: Number | None = None
    choices: tuple[Drawn, ...] = ()
    is_dependent: bool = False

    @property
    def values(self) -> tuple[Drawn, ...] | None:
        """Everything that can be drawn, in order; None where any number between two is possible."""
        if self.choices:
            return self.choices
        step = self.step or (1 if self.is_integer else None)
        if step is None:
            return None
        count = floor((self.high - self.low) / step + 1e-9) + 1
        numbers = [self.low + index * step for index in range(count)]
        return tuple(round(n) for n in numbers) if self.is_integer else tuple(numbers)


class Choose:
    """Draws values, each under a name; the same name always from the same dimension.

    Args:
        suggest: answers a value of a dimension.
        prefix: what all names begin with.
    """

    def __init__(self, suggest: Callable[[Dimension], Drawn], prefix: str = "") -> None:
        self._suggest = suggest
        self._prefix = prefix

    def within(self, place: str) -> "Choose":
        """The same, with names that begin with a place more."""
        return Choose(self._suggest, f"{self._prefix}{place}.")

    def number(
        self, name: str, low: Number, high: Number, *, log: bool = False, step: Number | None = None
    ) -> float:
        """Draw a number between two, both included; `log` draws its logarithm evenly."""
        dimension = Dimension(name=self._prefix + name, low=low, high=high, is_log=log, step=step)
        return float(self._suggest(dimension) or 0.0)

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Draw a whole number between two, both included."""
        dimension = Dimension(
            name=self._prefix + name, low=low, high=high, is_integer=True, is_log=log, step=step
        )
        return int(self._suggest(dimension) or 0)

    def one_of(self, name: str, choices: Sequence[Drawn]) -> Any:
        """Draw one of some plain values."""
        return self._suggest(Dimension(name=self._prefix + name, choices=tuple(choices)))


class SearchSpace(ABC):
    """A part of a search's space whose values depend on each other, as the sizes of layers do.

    What is drawn must always be the same dimensions, whatever values they take: draw a dependent
    value as a fraction of the range that is allowed, and the sizes of all layers that there could
    be before leaving some out. A sampler that sees the whole space in every trial learns faster.
    """

    @abstractmethod
    def draw(self, choose: Choose) -> Mapping[str, Any]:
        """Draw what merges, as a recipe over one that it extends, into the place of this space.

        Args:
            choose: draws the values.
        """
