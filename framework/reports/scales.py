"""Scales for whatever a search may draw: numbers, words, or nothing at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log10
from typing import Any

from framework.reports.axes import Axis, Tick, value_axis
from framework.wording import value_text

_SHARE_FOR_OTHERS = 0.15
_LONGEST, _MOST_MARKS = 18, 7


@dataclass(frozen=True)
class Scale:
    """Places of values along a line.

    Attributes:
        axis: where numbers stand; None where there are none.
        others: where everything else stands, by its text.
    """

    axis: Axis | None = None
    others: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls, values: Sequence[Any], start: float, end: float, *, is_log: bool = False
    ) -> "Scale":
        """A scale from `start` to `end` on which all values have a place.

        Args:
            values: at least one.
            start: place of the smallest number.
            end: place of the largest, or of what is no number.
            is_log: whether the logarithms of numbers are spaced evenly.
        """
        numbers = [float(value) for value in values if is_number(value)]
        texts = sorted({_text(value) for value in values if not is_number(value)})
        if not numbers:
            step = (end - start) / len(texts)
            return cls(None, {text: start + (i + 0.5) * step for i, text in enumerate(texts)})
        share = _SHARE_FOR_OTHERS if texts else 0.0
        border = end - share * (end - start)
        step = (end - border) / max(1, len(texts))
        axis = value_axis(numbers, start, border, is_log=is_log)
        if min(numbers) < max(numbers):  # the ends are where the numbers end
            is_whole = all(isinstance(value, int) for value in values if is_number(value))
            axis = _tightened(axis, min(numbers), max(numbers), is_whole=is_whole)
        return cls(axis, {text: border + (i + 1) * step for i, text in enumerate(texts)})

    @property
    def is_logarithmic(self) -> bool:
        """Whether the logarithms of numbers are spaced evenly."""
        return self.axis is not None and self.axis.is_logarithmic

    @property
    def ticks(self) -> list[Tick]:
        """The marks of numbers, and the texts of everything else."""
        ticks = [] if self.axis is None else self.axis.ticks
        return ticks + [Tick(place, _shortened(text)) for text, place in self.others.items()]

    def place(self, value: Any) -> float:
        """Where a value stands."""
        if self.axis is not None and is_number(value):
            return self.axis.place(float(value))
        return self.others[_text(value)]


def is_number(value: Any) -> bool:
    """Whether a value has a place among numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else value_text(value)


def _tightened(axis: Axis, low: float, high: float, *, is_whole: bool) -> Axis:
    marked = [mark for mark in axis.marked if low <= mark <= high]
    if is_whole:
        marked = [mark for mark in marked if mark == round(mark)]
    if len(marked) > _MOST_MARKS:  # of a logarithmic axis; its powers of ten remain
        marked = [mark for mark in marked if log10(mark) == round(log10(mark))]
    return replace(axis, low=low, high=high, marked=marked)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
