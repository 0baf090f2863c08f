"""Pictures that compare runs, drawn from their curves."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework.storage import write_durably
from framework_figures.style import INK, MUTED, PALETTE, calm, count_epochs, make_drawing
from reproduction.collecting import shrunk
from reproduction.comparisons import (
    COMPARED,
    ONE_PASS,
    THREE_PASSES,
    VARIANTS,
    shown_part,
    sparsity_columns,
)
from reproduction.results import Result

_WIDTH, _HEIGHT = 1200, 480


@dataclass(frozen=True)
class Drawing:
    """A picture of several runs: its file, its caption, and what draws it once there are runs."""

    file: str
    caption: str
    make: Callable[[Mapping[str, Result]], Figure | None]


def draw(results: Mapping[str, Result], folder: Path) -> None:
    """Draw every picture whose runs are there, and delete those whose runs are not."""
    for drawing in DRAWINGS.values():
        figure = drawing.make(results)
        path = folder / drawing.file
        if figure is None:
            path.unlink(missing_ok=True)
            continue
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        write_durably(path, shrunk(buffer.getvalue()))


def _draw_passes(results: Mapping[str, Result]) -> Figure | None:
    if not {ONE_PASS, THREE_PASSES} <= results.keys():
        return None
    figure = make_drawing(_WIDTH, _HEIGHT)
    by_epoch, by_time = figure.subplots(1, 2, sharey=True)
    for name, label, colour in (
        (ONE_PASS, "one pass", PALETTE[0]),
        (THREE_PASSES, "three passes", PALETTE[1]),
    ):
        epochs = results[name].curve(COMPARED)
        minutes = [epoch * results[name].seconds_per_epoch / 60 for epoch in epochs]
        by_epoch.plot(list(epochs), list(epochs.values()), color=colour, label=label)
        by_time.plot(minutes, list(epochs.values()), color=colour, label=label)
    _finish(by_epoch, "validation MSE, equal epochs")
    _finish(by_time, "the same, equal wall time")
    by_time.set_xlabel("minutes at the pace of the fastest epoch", color=MUTED, fontsize=10)
    by_epoch.set_xlabel("epoch", color=MUTED, fontsize=10)
    by_epoch.legend(frameon=False, fontsize=9, labelcolor=INK)
    figure.tight_layout()
    return figure


def _draw_pruning(results: Mapping[str, Result]) -> Figure | None:
    found = {name: results[name] for name in VARIANTS if name in results}
    pruned = {name: each for name, each in found.items() if sparsity_columns(each)}
    if not found:
        return None
    figure = make_drawing(_WIDTH, _HEIGHT)
    *left, right = figure.subplots(1, len(pruned) + 1, squeeze=False)[0]
    for axes, (name, result) in zip(left, pruned.items(), strict=True):
        _draw_sparsity(axes, result)
        _finish(axes, f"share of zeros,\n{VARIANTS[name]}")
    for colour, (name, result) in zip(PALETTE, found.items(), strict=False):
        losses = _mean_over_parts(result, "validation/loss")
        right.plot(list(losses), list(losses.values()), color=colour, label=VARIANTS[name])
        count_epochs(right, max(losses))
    low, high = right.get_ylim()
    right.set_ylim(low, high + 0.35 * (high - low))  # room for the legend
    _finish(right, "validation BCE,\nmean of the folds")
    for axes in (*left[:1], right):
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    figure.tight_layout()
    return figure


def _draw_sparsity(axes: Axes, result: Result) -> None:
    part = shown_part(result)
    for colour, column in zip(PALETTE, sparsity_columns(result), strict=False):
        shares = result.curve(column, part)
        label = column.removeprefix("sparsity/")
        axes.plot(list(shares), list(shares.values()), color=colour, label=label, marker=".")
        count_epochs(axes, max(shares))
    axes.set_ylim(-0.02, 1.0)


def _mean_over_parts(result: Result, column: str) -> dict[int, float]:
    """The mean over the parts that reached an epoch."""
    curves = [result.curve(column, part) for part in result.content["parts"] or ("",)]
    epochs = sorted({epoch for curve in curves for epoch in curve})
    return {epoch: fmean(c[epoch] for c in curves if epoch in c) for epoch in epochs}


def _finish(axes: Axes, title: str) -> None:
    calm(axes)
    axes.set_title(title, loc="left", fontsize=10, color=INK)


DRAWINGS = {
    "passes": Drawing(
        "passes.png",
        "Validation MSE of the first reconstruction on MNIST, trained with one pass and with "
        "three: by epochs on the left, by wall time on the right",
        _draw_passes,
    ),
    "weight_pruning": Drawing(
        "weight_pruning.png",
        "mnist/best: the share of zeros per group of the fold kept, epoch by epoch, for each way "
        "of pruning, and the validation loss of all",
        _draw_pruning,
    ),
}
"""Comparison → its picture."""
