"""Curves laid out for drawing: everything in the units of an SVG picture, nothing of its style."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from statistics import median

WIDTH, HEIGHT = 400.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 12.0, 10.0, 30.0
_NUM_COLORS = 8
_MOST_POINTS = 1000
_LOG_FROM = 5.0
"""Ratio of the largest to the smallest value from which a logarithmic axis may tell more."""
_LOW_SHARE = 0.25
"""How far up a linear axis the median may stand for a logarithmic one to tell more."""

Point = tuple[float, float | None]


@dataclass(frozen=True)
class Curve:
    """One line of a chart.

    Attributes:
        points: (epoch, value); a value that was not finite is None and leaves a gap.
        label: its name in the legend; a curve without one is not there.
        color: number of its colour.
        is_dashed: drawn dashed, as training curves are.
        is_faint: drawn thin, as one of many.
    """

    points: Sequence[Point]
    label: str = ""
    color: int = 0
    is_dashed: bool = False
    is_faint: bool = False


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn: the path, the classes that give it its style, and its name."""

    path: str
    style: str
    label: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    place: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A picture of curves over epochs.

    Attributes:
        title: what is drawn.
        lines: the curves, to be drawn in this order.
        x_ticks: marks below.
        y_ticks: marks at the left.
        marks: places, from the left, of epochs that matter.
        is_logarithmic: whether values stand on a logarithmic axis.
    """

    title: str
    lines: Sequence[Line]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    marks: Sequence[float] = ()
    is_logarithmic: bool = False
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM

    @property
    def legend(self) -> list[Line]:
        """The lines that have a name."""
        return [line for line in self.lines if line.label]


@dataclass(frozen=True)
class _Axis:
    """From values to places."""

    low: float
    high: float
    start: float
    end: float
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        low, high = self._inner(self.low), self._inner(self.high)
        share = (self._inner(value) - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 2)

    def _inner(self, value: float) -> float:
        return log10(value) if self.is_logarithmic else value


def chart_of(
    title: str, curves: Sequence[Curve], marked_epochs: Sequence[float] = ()
) -> Chart | None:
    """Lay curves out on common axes; None where none of them has a value."""
    values = [y for curve in curves for _, y in curve.points if y is not None]
    epochs = [x for curve in curves for x, _ in curve.points]
    if not values:
        return None
    is_logarithmic = _is_crowded_below(values)
    low, high, y_values = _logarithmic(values) if is_logarithmic else _linear(values)
    first, last = min(epochs), max(epochs)
    x_axis = _Axis(first, last if last > first else first + 1, _LEFT, WIDTH - _RIGHT)
    y_axis = _Axis(low, high, HEIGHT - _BOTTOM, _TOP, is_logarithmic)
    return Chart(
        title,
        [Line(_path(c.points, x_axis, y_axis), _style(c), c.label) for c in curves],
        [Tick(x_axis.place(x), f"{x:g}") for x in _whole_steps(first, last)],
        [Tick(y_axis.place(y), f"{y:g}") for y in y_values],
        [x_axis.place(x) for x in sorted(set(marked_epochs)) if first <= x <= last],
        is_logarithmic,
    )


def _is_crowded_below(values: Sequence[float]) -> bool:
    """Whether a few large values would press the others together at the foot of a linear axis."""
    low, high = min(values), max(values)
    if low <= 0 or high / low < _LOG_FROM:
        return False
    return median(values) < low + _LOW_SHARE * (high - low)


def _path(points: Sequence[Point], x_axis: _Axis, y_axis: _Axis) -> str:
    stride = ceil(len(points) / _MOST_POINTS)
    words, is_drawing = [], False
    for x, y in [*points[:-1:stride], *points[-1:]]:
        if y is not None:
            words.append(f"{'L' if is_drawing else 'M'}{x_axis.place(x)} {y_axis.place(y)}")
            if not is_drawing:
                words.append("h0")  # a value alone is a dot
        is_drawing = y is not None
    return "".join(words)


def _style(curve: Curve) -> str:
    flags = {"dashed": curve.is_dashed, "faint": curve.is_faint}
    return " ".join([color_class(curve.color), *(name for name, on in flags.items() if on)])


def color_class(number: int) -> str:
    """The class of a colour; there are eight, which come again."""
    return f"c{number % _NUM_COLORS}"


def _linear(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """The ends of an axis that begins and ends near its values, and the marks on it."""
    low, high = min(values), max(values)
    pad = (high - low or abs(high)) * 0.05 or 1.0
    low, high = low - pad, high + pad
    step = _nice_step((high - low) / 5)
    return low, high, [i * step for i in range(ceil(low / step), floor(high / step) + 1)]


def _logarithmic(values: Sequence[float]) -> tuple[float, float, list[float]]:
    low, high = min(values) / 1.15, max(values) * 1.15
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    every = ceil(len(decades) / 6)
    factors = (1, 2, 5) if len(decades) < 5 else (1,)  # noqa: PLR2004
    marks = [f * 10.0**d for d in decades[::every] for f in factors]
    return low, high, [mark for mark in marks if low <= mark <= high]


def _whole_steps(first: float, last: float) -> list[float]:
    step = float(ceil(_nice_step((last - first) / 5)))
    steps = [i * step for i in range(ceil(first / step), floor(last / step) + 1)]
    return steps if first in steps else [first, *steps]


def _nice_step(rough: float) -> float:
    if rough <= 0:
        return 1.0
    size: float = 10.0 ** floor(log10(rough))
    return size * next(factor for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)
