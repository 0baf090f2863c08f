"""Where the codes of images lie, coloured by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from pydantic import Field

from framework import Figure, FinishedRun
from framework_figures.classes import class_colours, class_names
from framework_figures.latent_space import Codes, LatentSpace
from framework_figures.projections import Plane, Projection, project
from framework_figures.region_names import name_regions
from framework_figures.style import INK, MUTED, PALETTE, RULE, make_drawing

_UNTRAINED = 0
_MOST_IMAGES = 10_000
_MOST_IMAGES_OF_TSNE = 2_000  # ten seconds on one core; it grows with their number
_MOST_NAMED_CLASSES = 20
_PANEL_PIXELS = 1000
_LEGEND_COLUMNS = 5
_LETTER_PIXELS, _MARKER_PIXELS = 11.5, 45


@dataclass(frozen=True)
class _Panel:
    title: str
    codes: Codes
    plane: Plane


class LatentMap(Figure):
    """The codes of test images as points in a plane, coloured by class where there are labels.

    The picture says how many images it shows, and how their codes became points.

    Args:
        projection: `auto` shows codes of two dimensions as they are, and others by their principal
            components, as `pca` does; `tsne` keeps neighbours together and tells nothing of
            distances.
        beside_untrained: whether the codes of the untrained networks are shown at the left.
        num_images: at most so many test images, drawn at random; by default 10000, and of `tsne`
            2000, or half of them each where the untrained are shown too.
    """

    def __init__(
        self,
        *,
        projection: Projection = "auto",
        beside_untrained: bool = False,
        num_images: Annotated[int, Field(ge=1)] | None = None,
    ) -> None:
        self.epochs = (_UNTRAINED,) if beside_untrained else ()
        self._projection = projection
        most = _MOST_IMAGES
        if projection == "tsne":
            most = _MOST_IMAGES_OF_TSNE // (1 + len(self.epochs))
        self._num_images = num_images or most

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw a panel for each state of the networks, and the names of the classes below.

        Raises:
            ValueError: the task encodes nothing, or codes are not finite.
        """
        panels = [self._panel(run, epoch) for epoch in (*self.epochs, None)]
        drawing = make_drawing(_PANEL_PIXELS * len(panels), _PANEL_PIXELS + 150)
        drawing.set_layout_engine("constrained", w_pad=0.2, h_pad=0.15, wspace=0.03)
        every_axes = np.atleast_1d(drawing.subplots(1, len(panels)))
        for axes, panel in zip(every_axes, panels, strict=True):
            _draw_points(axes, panel, class_colours(run.data.num_classes))
            _quieten(axes, panel.plane)
            _put_title(axes, panel)
        labels = panels[-1].codes.labels
        if labels is not None and run.data.num_classes <= _MOST_NAMED_CLASSES:
            names = class_names(run.data)
            _put_legend(drawing, names)
            name_regions(every_axes[-1], panels[-1].plane.points, labels.numpy(), names)
        return drawing

    def _panel(self, run: FinishedRun, epoch: int | None) -> _Panel:
        codes = LatentSpace(run, epoch).encode(at_most=self._num_images)
        title = f"trained, epoch {run.kept_epoch}" if epoch is None else "untrained"
        return _Panel(title, codes, project(codes.values.numpy(), self._projection))


def _draw_points(axes: Axes, panel: _Panel, of_class: Sequence[str]) -> None:
    points, labels = panel.plane.points, panel.codes.labels
    colours = [PALETTE[0]] * len(points)
    if labels is not None:
        colours = [of_class[label] for label in labels.tolist()]
    order = np.random.default_rng(0).permutation(len(points))  # so that no class hides another
    axes.scatter(
        points[order, 0],
        points[order, 1],
        c=[colours[place] for place in order],
        s=float(np.clip(40_000 / len(points), 5, 40)),
        alpha=0.75,
        linewidths=0,
    )


def _quieten(axes: Axes, plane: Plane) -> None:
    axes.spines[:].set_visible(False)
    axes.set_box_aspect(1)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=10, labelcolor=MUTED, pad=5)
    names = ((axes.xaxis, plane.axis_labels[0]), (axes.yaxis, plane.axis_labels[1]))
    for axis, name in names:
        axis.set_label_text(name, color=MUTED, fontsize=11)
        if name:
            axis.grid(color=RULE, linewidth=0.8)
        else:
            axis.set_ticks([])
    if len({bool(name) for _, name in names}) == 1:
        axes.set_aspect("equal", adjustable="datalim")


def _put_title(axes: Axes, panel: _Panel) -> None:
    axes.set_title(panel.title, loc="left", color=INK, fontsize=13, pad=10)
    method = [panel.plane.method] if panel.plane.method else []
    note = " · ".join([*method, f"{panel.codes.extent} held-out images"])
    axes.set_title(note, loc="right", color=MUTED, fontsize=11, pad=10)


def _put_legend(drawing: Drawing, names: Sequence[str]) -> None:
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=8, color=colour, label=name)
        for name, colour in zip(names, class_colours(len(names)), strict=True)
    ]
    drawing.legend(
        handles=handles,
        loc="outside lower center",
        ncols=_num_columns(drawing, names),
        frameon=False,
        fontsize=11,
        labelcolor=INK,
        handletextpad=0.1,
        columnspacing=1.2,
    )


def _num_columns(drawing: Drawing, names: Sequence[str]) -> int:
    """As many as fit beside one another, by the longest name."""
    width = drawing.get_size_inches()[0] * drawing.dpi
    longest = max(map(len, names), default=1)
    return max(1, min(_LEGEND_COLUMNS, int(width // (longest * _LETTER_PIXELS + _MARKER_PIXELS))))
