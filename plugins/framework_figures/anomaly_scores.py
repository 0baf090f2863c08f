"""Whether images of a class that was never trained on are reconstructed worse than the others."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Annotated

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter
from pydantic import Field

from framework import Figure, FinishedRun
from framework_figures.classes import class_names
from framework_figures.image_rows import Caption, Row, draw_rows
from framework_figures.reconstruction_errors import (
    Scores,
    kept_task,
    reconstruct,
    score_by_mean_image,
    score_test_images,
)
from framework_figures.style import INK, MUTED, PALETTE, calm, put_legend

_HISTOGRAM_PIXELS = 470
_NUM_BINS = 60
_SMALLEST = 1e-9
_TRAINED_ON, _LEFT_OUT = PALETTE[:2]


class AnomalyScores(Figure):
    """Test images scored by their reconstruction error: classes trained on against those left out.

    A histogram of the errors of both kinds, with the area under the ROC curve (AUROC) of telling
    them apart; below, the images with the largest and with the smallest errors, above their
    reconstructions. What the data set's `leave_out` names counts as anomalous.

    Args:
        num_images: number of images in a row.
    """

    def __init__(self, *, num_images: Annotated[int, Field(ge=1)] = 10) -> None:
        self._num_images = num_images
        self._scored: tuple[FinishedRun, Scores] | None = None

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the histogram and the rows.

        Raises:
            ValueError: no class was left out, or the task makes no images.
        """
        scores = self._scores(run)
        rows = list(self._rows(run, scores))
        drawing = draw_rows(rows, run.data.value_range, header_pixels=_HISTOGRAM_PIXELS)
        names = ", ".join(class_names(run.data)[label] for label in run.data.left_out_classes)
        _draw_histogram(_axes_above(drawing), scores, names)
        return drawing

    def values(self, run: FinishedRun) -> Mapping[str, float]:
        """AUROC and mean errors; and the AUROC of the distance from the mean training image.

        That one needs no network, so it is what a trained one has to beat.
        """
        scores = self._scores(run)
        return {
            "auroc": scores.auroc,
            "auroc_of_mean_image": score_by_mean_image(run).auroc,
            "mean_error": scores.errors[~scores.is_left_out].mean().item(),
            "mean_error_left_out": scores.errors[scores.is_left_out].mean().item(),
        }

    def _scores(self, run: FinishedRun) -> Scores:
        if self._scored is None or self._scored[0] is not run:
            self._scored = run, score_test_images(run)
        return self._scored[1]

    def _rows(self, run: FinishedRun, scores: Scores) -> Iterator[Row]:
        names, task, errors = class_names(run.data), kept_task(run), scores.errors
        order = errors.argsort(descending=True, stable=True).tolist()
        num_images = min(self._num_images, len(order))
        for title, places in (
            ("most anomalous", order[:num_images]),
            ("least anomalous", order[::-1][:num_images]),
        ):
            captions = [
                Caption(
                    names[scores.labels[place]], _LEFT_OUT if scores.is_left_out[place] else MUTED
                )
                for place in places
            ]
            images, reconstructions = reconstruct(run, task, places)
            first, last = errors[places[0]].item(), errors[places[-1]].item()
            yield Row(title, f"MSE {first:#.2g} to {last:#.2g}", images, captions)
            yield Row("reconstructed", "", reconstructions)


def _axes_above(drawing: Drawing) -> Axes:
    width, height = drawing.get_size_inches() * drawing.dpi
    left, right, top, bottom = 110, 24, 64, 84
    return drawing.add_axes(
        (
            left / width,
            (height - _HISTOGRAM_PIXELS + bottom) / height,
            (width - left - right) / width,
            (_HISTOGRAM_PIXELS - top - bottom) / height,
        )
    )


def _draw_histogram(axes: Axes, scores: Scores, names: str) -> None:
    errors = scores.errors.clamp_min(_SMALLEST).numpy()
    is_left_out = scores.is_left_out.numpy()
    bins = np.geomspace(errors.min(), errors.max() * (1 + 1e-6), _NUM_BINS + 1)
    calm(axes)
    for label, colour, shown in (
        ("trained on", _TRAINED_ON, errors[~is_left_out]),
        (f"left out: {names}", _LEFT_OUT, errors[is_left_out]),
    ):
        if len(shown):
            shares = np.histogram(shown, bins)[0] / len(shown)
            named = f"{label} ({len(shown):,})"
            axes.stairs(shares, bins, color=colour, fill=True, alpha=0.3, label=named)
            axes.stairs(shares, bins, color=colour, linewidth=1.6, zorder=3)
    _scale(axes)
    if isfinite(scores.auroc):
        axes.set_title(f"AUROC {scores.auroc:.3f}", loc="left", color=INK, fontsize=12, pad=9)
    put_legend(axes)


def _scale(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(
        "squared error of the reconstruction, mean over pixels", color=MUTED, fontsize=10
    )
    axes.set_ylabel("share of the held-out images", color=MUTED, fontsize=10)
