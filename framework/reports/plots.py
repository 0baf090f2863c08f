"""Pictures made of marks: dots, lines and bars laid out in the units of an SVG picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from framework.reports.axes import Tick

WIDTH, HEIGHT = 400.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 12.0, 10.0, 30.0


@dataclass(frozen=True)
class Mark:
    """A shape.

    Attributes:
        path: the shape.
        style: the classes that give it its style.
        title: what a reader is told who points at it.
        thickness: of a bar; 0 leaves it to the style.
    """

    path: str
    style: str
    title: str = ""
    thickness: float = 0.0


@dataclass(frozen=True)
class Words:
    """Text in a picture; `anchor` is `start`, `middle` or `end`."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Plot:
    """A picture.

    Attributes:
        title: what is drawn.
        marks: its shapes, to be drawn in this order.
        x_ticks: marks below.
        y_ticks: marks at the left, with a line across.
        words: further text.
        legend: styles with their names.
        is_wide: whether it needs the width of the page.
    """

    title: str
    marks: Sequence[Mark]
    x_ticks: Sequence[Tick] = ()
    y_ticks: Sequence[Tick] = ()
    words: Sequence[Words] = ()
    legend: Sequence[tuple[str, str]] = ()
    is_wide: bool = False
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    top: float = TOP

    @property
    def right(self) -> float:
        """Where the drawing ends, from the left."""
        return self.width - RIGHT

    @property
    def bottom(self) -> float:
        """Where the drawing ends, from the top."""
        return self.height - BOTTOM

    def called(self, title: str) -> "Plot":
        """The same with another title."""
        return replace(self, title=title)


def dot(x: float, y: float, style: str, title: str = "") -> Mark:
    """A dot: a line without length, whose ends are round."""
    return Mark(f"M{x:g} {y:g}h0", f"dot {style}", title)


def bar(x: float, y: float, to_x: float, thickness: float, style: str, title: str = "") -> Mark:
    """A horizontal bar around the height `y`."""
    return Mark(f"M{x:g} {y:g}H{to_x:g}", f"bar {style}", title, thickness)


def line(points: Sequence[tuple[float, float] | None], style: str, title: str = "") -> Mark:
    """A line through points; None leaves a gap."""
    words, is_drawing = [], False
    for point in points:
        if point is not None:
            words.append(f"{'L' if is_drawing else 'M'}{point[0]:g} {point[1]:g}")
        is_drawing = point is not None
    return Mark("".join(words), f"line {style}", title)
