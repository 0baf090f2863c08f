"""The layers of all networks: what comes out of each, and how many of its parameters learn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import log2, prod

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from framework import Figure, FinishedRun, LayerRow
from framework_figures.style import INK, MUTED, PALETTE, RULE, make_drawing

_MARGIN, _SPACE = 30, 36
_LINE_PIXELS, _HEADING_PIXELS = 34, 70
_LETTER_PIXELS = 11
_LONGEST_BAR, _SHORTEST_BAR, _BAR_PIXELS = 320, 8, 16


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        name: of a layer, or of a network.
        kind: classes of the layer and of those that only act on its output.
        shape: shape of the output.
        parameters: how many learn.
        num_values: number of values in the output, for the bar; 0 draws none.
        is_quiet: whether it is written in grey.
        is_heading: whether a network begins here.
    """

    name: str
    kind: str = ""
    shape: str = ""
    parameters: str = ""
    num_values: int = 0
    is_quiet: bool = False
    is_heading: bool = False

    @property
    def height(self) -> int:
        """What it takes of the picture, in pixels."""
        return _HEADING_PIXELS if self.is_heading else _LINE_PIXELS


@dataclass(frozen=True)
class Columns:
    """Where columns of texts begin, where the bars have their middle and where numbers end."""

    name: int
    kind: int
    shape: int
    bars: int
    parameters: int


class Architecture(Figure):
    """The layers of all networks as a table, with a bar as long as a layer's output has values.

    The bars, on a logarithmic scale, show where images are squeezed together. A layer that learns
    nothing and keeps the shape, such as an activation, stands in the line of the one before it.
    Layers are those that training images pass, in their order; parameters are those that training
    changes.
    """

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw a line per layer, network by network.

        Raises:
            ValueError: there are no layers.
        """
        if not run.layers:
            raise ValueError("there are no layers to show; the networks consist of none")
        lines = list(_lines(run.data.image_shape, run.layers))
        columns = _columns_of(lines)
        width, height = columns.parameters + _MARGIN, sum(line.height for line in lines)
        drawing = make_drawing(width, height + 2 * _MARGIN)
        axes = drawing.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height + 2 * _MARGIN, 0))
        axes.set_axis_off()
        largest, bottom = max(line.num_values for line in lines), _MARGIN
        for line in lines:
            bottom += line.height
            _write(axes, line, columns, bottom)
            _draw_bar(axes, line, columns, bottom, largest)
        return drawing


def _lines(image_shape: Sequence[int], rows: Sequence[LayerRow]) -> Iterator[Line]:
    yield Line("layer", "kind", "output", "parameters", is_quiet=True)
    yield Line("image", "", _times(image_shape), "", prod(image_shape), is_quiet=True)
    for network, group in groupby(rows, key=lambda row: row.network):
        layers = list(group)
        total = sum(layer.num_parameters for layer in layers)
        yield Line(network, parameters=f"{total:,}", is_heading=True)
        yield from _merged(layers)


def _merged(layers: Sequence[LayerRow]) -> Iterator[Line]:
    """A line per layer, but for those that go with the one before."""
    line: Line | None = None
    for layer in layers:
        learns = layer.num_parameters > 0
        if line is not None and not learns and layer.input_shape == layer.output_shape:
            line = replace(line, kind=f"{line.kind}, {layer.kind}")
            continue
        if line is not None:
            yield line
        line = Line(
            layer.layer or layer.network,
            layer.kind,
            _times(layer.output_shape),
            f"{layer.num_parameters:,}" if learns else "",
            prod(layer.output_shape),
            is_quiet=not learns,
        )
    if line is not None:
        yield line


def _columns_of(lines: Sequence[Line]) -> Columns:
    def width_of(texts: Iterator[str]) -> int:
        return max(map(len, texts)) * _LETTER_PIXELS + _SPACE

    kind = _MARGIN + width_of(line.name for line in lines)
    shape = kind + width_of(line.kind for line in lines)
    bars = shape + width_of(line.shape for line in lines)
    parameters = bars + _LONGEST_BAR + width_of(line.parameters for line in lines)
    return Columns(_MARGIN, kind, shape, bars + _LONGEST_BAR // 2, parameters)


def _write(axes: Axes, line: Line, columns: Columns, bottom: int) -> None:
    for place, text, side in (
        (columns.name, line.name, "left"),
        (columns.kind, line.kind, "left"),
        (columns.shape, line.shape, "left"),
        (columns.parameters, line.parameters, "right"),
    ):
        axes.text(
            place,
            bottom - _LINE_PIXELS / 2,
            text,
            color=MUTED if line.is_quiet else INK,
            fontsize=9,
            fontweight="bold" if line.is_heading else "normal",
            ha=side,
            va="center_baseline",
        )
    if line.is_heading:
        axes.plot([columns.name, columns.parameters], [bottom, bottom], color=RULE, linewidth=1)


def _draw_bar(axes: Axes, line: Line, columns: Columns, bottom: int, largest: int) -> None:
    if not line.num_values:
        return
    share = log2(line.num_values) / log2(largest) if largest > 1 else 1.0
    length = _SHORTEST_BAR + share * (_LONGEST_BAR - _SHORTEST_BAR)
    corner = (columns.bars - length / 2, bottom - _LINE_PIXELS / 2 - _BAR_PIXELS / 2)
    colour = MUTED if line.is_quiet else PALETTE[0]
    axes.add_patch(Rectangle(corner, length, _BAR_PIXELS, facecolor=colour, alpha=0.35))


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
