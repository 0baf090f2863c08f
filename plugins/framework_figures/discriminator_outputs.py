"""How an adversarial training went: what the discriminator believed, and how alike images were."""

from collections.abc import Sequence
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from framework import Figure, FinishedRun
from framework_figures.curves import SPLITS, HistoryRow, draw_curve, values_of
from framework_figures.style import (
    MUTED,
    PALETTE,
    calm,
    count_epochs,
    make_drawing,
    put_legend,
)

_KINDS = ("real", "generated")


class DiscriminatorOutputs(Figure):
    """The discriminator's mean outputs for real and generated images, and the spread of these.

    Above: where both outputs meet, the discriminator tells nothing apart; where they stay far
    apart, the generator learns nothing more. Below: the spread of generated images, as a share of
    that of real ones; near 1 is as it should be, near 0 all images are the same.
    """

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw `train/…` and `validation/…` of the run's history.

        Raises:
            ValueError: the run has no such columns; its task is not an adversarial one.
        """
        history = run.history
        if not any("train/discriminator/real" in row for row in history):
            raise ValueError(
                "there is no column 'train/discriminator/real'; the task must be 'adversarial'"
            )
        drawing = make_drawing(1200, 960)
        drawing.set_layout_engine("constrained", w_pad=0.15, h_pad=0.12)
        outputs, spreads = drawing.subplots(2, 1)
        _draw_outputs(outputs, history)
        _draw_spreads(spreads, history)
        for axes in (outputs, spreads):
            calm(axes)
            count_epochs(axes, len(history))
        return drawing


def _draw_outputs(axes: Axes, history: Sequence[HistoryRow]) -> None:
    drawn: list[float] = []
    for split in SPLITS:
        for colour, kind in zip(PALETTE, _KINDS, strict=False):
            values = values_of(history, f"{split}/discriminator/{kind}")
            if any(map(isfinite, values)):
                drawn += values
                draw_curve(axes, split, kind, values, colour=colour)
    if all(0 <= value <= 1 for value in drawn if isfinite(value)):  # probabilities
        axes.set_ylim(0, 1)
        _mark_height(axes, 0.5)
    axes.set_title("discriminator's mean output", loc="left", color=MUTED, fontsize=11, pad=9)
    put_legend(axes)


def _draw_spreads(axes: Axes, history: Sequence[HistoryRow]) -> None:
    for split in SPLITS:
        real, generated = (values_of(history, f"{split}/spread/{kind}") for kind in _KINDS)
        shares = [g / r if r > 0 else float("nan") for r, g in zip(real, generated, strict=True)]
        if any(map(isfinite, shares)):
            draw_curve(axes, split, "", shares, colour=PALETTE[2])
    _mark_height(axes, 1.0)
    axes.set_ylim(bottom=0)
    title = "spread of generated images, as a share of real"
    axes.set_title(title, loc="left", color=MUTED, fontsize=11, pad=9)
    put_legend(axes)


def _mark_height(axes: Axes, value: float) -> None:
    axes.axhline(value, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
