"""How the losses fell, epoch by epoch."""

from collections.abc import Sequence
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import LogLocator, MaxNLocator

from framework import Figure, FinishedRun
from framework_figures.curves import SPLITS, HistoryRow, draw_curve, values_of
from framework_figures.style import (
    MUTED,
    PALETTE,
    calm,
    count_epochs,
    make_drawing,
    mark_epoch,
    put_legend,
)

_Curves = dict[tuple[str, str], list[float]]  # (split, loss) → a value per epoch


class LossCurves(Figure):
    """Training and validation loss per epoch; the epoch whose weights were kept is marked.

    A run with several losses shows a colour per loss. An epoch without a finite value leaves a gap.

    Args:
        log_scale: whether the vertical axis is logarithmic.
    """

    def __init__(self, *, log_scale: bool = False) -> None:
        self._log_scale = log_scale

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw every `train/loss…` and `validation/loss…` of the run's history."""
        curves = _curves_of(run.history)
        drawing = make_drawing(1200, 660)
        drawing.set_layout_engine("constrained", w_pad=0.15, h_pad=0.12)
        axes = drawing.add_subplot()
        calm(axes)
        count_epochs(axes, len(run.history))
        for (split, name), values in curves.items():
            draw_curve(axes, split, name, values, colour=_colour_of(split, name, curves))
        if self._log_scale:
            _make_logarithmic(axes, [v for values in curves.values() for v in values if v > 0])
        if 1 <= run.kept_epoch <= len(run.history):
            _mark_kept(axes, run.kept_epoch, curves)
        axes.set_title("loss", loc="left", color=MUTED, fontsize=11, pad=9)
        put_legend(axes)
        return drawing


def _curves_of(history: Sequence[HistoryRow]) -> _Curves:
    keys = dict.fromkeys(key for row in history for key in row)
    curves = {}
    for split in SPLITS:
        for key in keys:
            if key == f"{split}/loss" or key.startswith(f"{split}/loss/"):
                name = key.removeprefix(f"{split}/loss").removeprefix("/")
                curves[split, name] = values_of(history, key)
    return curves


def _colour_of(split: str, name: str, curves: _Curves) -> str:
    names = list(dict.fromkeys(name for _, name in curves))
    if len(names) == 1:
        return PALETTE[split == "train"]
    return PALETTE[names.index(name) % len(PALETTE)]


def _make_logarithmic(axes: Axes, values: Sequence[float]) -> None:
    axes.set_yscale("log", nonpositive="mask")
    axes.yaxis.set_minor_locator(LogLocator(subs=()))
    spans_a_decade = bool(values) and max(values) >= 10 * min(values)
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5)) if spans_a_decade else MaxNLocator(nbins=7)
    )
    axes.yaxis.set_major_formatter("{x:g}")


def _mark_kept(axes: Axes, epoch: int, curves: _Curves) -> None:
    note = [f"kept: epoch {epoch}"]
    for (split, name), values in curves.items():
        value = values[epoch - 1]
        if split == "validation" and isfinite(value):
            note.append(f"{name or split} {value:.4g}")
            colour = _colour_of(split, name, curves)
            axes.plot(epoch, value, "o", color=colour, markersize=7, markeredgecolor="white")
    mark_epoch(axes, epoch, "\n".join(note))
