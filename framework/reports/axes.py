"""Axes of a picture: from values to places on it, and the marks beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from statistics import median

_LOG_FROM = 5.0
"""Ratio of the largest to the smallest value from which a logarithmic axis may tell more."""
_LOW_SHARE = 0.25
"""How far up a linear axis the median may stand for a logarithmic one to tell more."""


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    place: float
    text: str


@dataclass(frozen=True)
class Axis:
    """From values to places.

    Attributes:
        low: value at the start.
        high: value at the end; another one than `low`.
        start: place of `low`.
        end: place of `high`.
        marked: values that have a mark.
        is_logarithmic: whether logarithms are spaced evenly.
    """

    low: float
    high: float
    start: float
    end: float
    marked: Sequence[float] = ()
    is_logarithmic: bool = False

    @property
    def ticks(self) -> list[Tick]:
        """The marks."""
        return [Tick(self.place(value), f"{value:g}") for value in self.marked]

    def place(self, value: float) -> float:
        """Where a value stands."""
        low, high = self._inner(self.low), self._inner(self.high)
        share = (self._inner(value) - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 2)

    def _inner(self, value: float) -> float:
        return log10(value) if self.is_logarithmic else value


def value_axis(
    values: Sequence[float], start: float, end: float, *, is_log: bool | None = None
) -> Axis:
    """An axis that begins and ends near its values.

    Args:
        values: finite numbers, at least one.
        start: place of the smallest.
        end: place of the largest.
        is_log: whether it is logarithmic; None decides by the values.
    """
    is_log = _is_crowded_below(values) if is_log is None else is_log and min(values) > 0
    low, high, marked = _logarithmic(values) if is_log else _linear(values)
    return Axis(low, high, start, end, marked, is_log)


def count_axis(first: float, last: float, start: float, end: float) -> Axis:
    """An axis of whole numbers, such as epochs."""
    high = last if last > first else first + 1
    return Axis(first, high, start, end, _whole_steps(first, last))


def _is_crowded_below(values: Sequence[float]) -> bool:
    """Whether a few large values would press the others together at the foot of a linear axis."""
    low, high = min(values), max(values)
    if low <= 0 or high / low < _LOG_FROM:
        return False
    return median(values) < low + _LOW_SHARE * (high - low)


def _linear(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """The ends of an axis that begins and ends near its values, and the marks on it."""
    low, high = min(values), max(values)
    pad = (high - low or abs(high)) * 0.05 or 1.0
    low, high = low - pad, high + pad
    step = nice_step((high - low) / 5)
    return low, high, [i * step for i in range(ceil(low / step), floor(high / step) + 1)]


def _logarithmic(values: Sequence[float]) -> tuple[float, float, list[float]]:
    low, high = min(values) / 1.15, max(values) * 1.15
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    every = ceil(len(decades) / 6)
    factors = (1, 2, 5) if len(decades) < 5 else (1,)  # noqa: PLR2004
    marks = [f * 10.0**d for d in decades[::every] for f in factors]
    return low, high, [mark for mark in marks if low <= mark <= high]


def _whole_steps(first: float, last: float) -> list[float]:
    step = float(ceil(nice_step((last - first) / 5)))
    steps = [i * step for i in range(ceil(first / step), floor(last / step) + 1)]
    return steps if first in steps else [first, *steps]


def nice_step(rough: float) -> float:
    """The next distance between marks that people like: 1, 2, 2.5 or 5 times a power of ten."""
    if rough <= 0:
        return 1.0
    size: float = 10.0 ** floor(log10(rough))
    return size * next(factor for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)
