"""Curves laid out for drawing: everything in the units of an SVG picture, nothing of its style."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from framework.reports.axes import Axis, Tick, count_axis, value_axis

WIDTH, HEIGHT = 400.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 12.0, 10.0, 30.0
_NUM_COLORS = 8
_MOST_POINTS = 1000

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


def chart_of(
    title: str, curves: Sequence[Curve], marked_epochs: Sequence[float] = ()
) -> Chart | None:
    """Lay curves out on common axes; None where none of them has a value."""
    values = [y for curve in curves for _, y in curve.points if y is not None]
    epochs = [x for curve in curves for x, _ in curve.points]
    if not values:
        return None
    y_axis = value_axis(values, HEIGHT - _BOTTOM, _TOP)
    first, last = min(epochs), max(epochs)
    x_axis = count_axis(first, last, _LEFT, WIDTH - _RIGHT)
    return Chart(
        title,
        [Line(_path(c.points, x_axis, y_axis), _style(c), c.label) for c in curves],
        x_axis.ticks,
        y_axis.ticks,
        [x_axis.place(x) for x in sorted(set(marked_epochs)) if first <= x <= last],
        y_axis.is_logarithmic,
    )


def _path(points: Sequence[Point], x_axis: Axis, y_axis: Axis) -> str:
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
