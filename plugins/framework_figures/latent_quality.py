"""How good a latent space is: what classes can be told from codes, and what its units carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator
from pydantic import Field

from framework import Figure, FinishedRun
from framework_figures.latent_measures import (
    NUM_NEIGHBOURS,
    Labelled,
    clustering_nmi,
    effective_rank,
    is_dead,
    knn_accuracy,
    linear_probe_accuracy,
    silhouette,
)
from framework_figures.latent_space import Codes, LatentSpace
from framework_figures.style import DOTS_PER_INCH, INK, MUTED, PALETTE, calm, make_drawing

_MOST_BARS = 64
_WIDTH_PIXELS = 1000
_SCORES_PIXELS = 400
_VARIANCES_PIXELS = 540


@dataclass(frozen=True)
class _Quality:
    """What was measured on one run.

    Attributes:
        scores: by name, what needs labels; empty without them.
        effective_rank: of the test codes.
        variances: of each unit over the test codes.
        extent: on how many images.
    """

    scores: Mapping[str, float]
    effective_rank: float
    variances: Float[np.ndarray, " latent"]
    extent: str


class LatentQuality(Figure):
    """Numbers on the codes of test images, and the variance of each latent unit.

    With labels: the accuracy of the ten nearest training codes and of a logistic regression on
    training codes, both measured on test codes; the silhouette of the classes; the
    normalised mutual information of the classes and as many k-means clusters. Always:
    the effective rank of the covariance, and the number of dead units, whose variance is at most
    1 % of the largest. All are among the run's values.

    Args:
        num_train_images: at most so many training images, drawn at random, are learnt from.
        num_test_images: at most so many test images are measured.
    """

    def __init__(
        self,
        *,
        num_train_images: Annotated[int, Field(ge=2)] = 20_000,
        num_test_images: Annotated[int, Field(ge=2)] = 10_000,
    ) -> None:
        self._num_train_images = num_train_images
        self._num_test_images = num_test_images
        self._measured: tuple[FinishedRun, _Quality] | None = None

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw bars of the scores, where there are labels, above those of the variances.

        Raises:
            ValueError: the task encodes nothing, or codes are not finite.
        """
        quality = self._quality(run)
        height = _VARIANCES_PIXELS + (_SCORES_PIXELS if quality.scores else 0)
        drawing = make_drawing(_WIDTH_PIXELS, height)
        if quality.scores:
            place = (360, _VARIANCES_PIXELS + 40, 610, _SCORES_PIXELS - 150)
            _draw_scores(_axes_at(drawing, place), quality)
            _put_title(drawing, height, "classes in the codes", quality.extent)
        _draw_variances(_axes_at(drawing, (90, 90, 880, _VARIANCES_PIXELS - 200)), quality)
        num_dead, num_units = int(is_dead(quality.variances).sum()), len(quality.variances)
        note = f"effective rank {quality.effective_rank:.1f} · {num_dead} of {num_units} units dead"
        _put_title(drawing, _VARIANCES_PIXELS, "share of the variance by latent unit", note)
        return drawing

    def values(self, run: FinishedRun) -> Mapping[str, float]:
        """All numbers of the picture, but not the variances."""
        quality = self._quality(run)
        return {
            **quality.scores,
            "effective_rank": quality.effective_rank,
            "num_dead_units": int(is_dead(quality.variances).sum()),
            "latent_dim": len(quality.variances),
        }

    def _quality(self, run: FinishedRun) -> _Quality:
        if self._measured is None or self._measured[0] is not run:
            self._measured = (run, self._measure(run))
        return self._measured[1]

    def _measure(self, run: FinishedRun) -> _Quality:
        space = LatentSpace(run)
        test = space.encode(at_most=self._num_test_images)
        extent = f"{test.extent} test images"
        scores = {}
        if test.labels is not None and run.train_set.labels is not None:
            train = space.encode("train", at_most=self._num_train_images)
            scores = _scores(_labelled(train), _labelled(test))
            extent = f"{train.extent} training and {extent}"
        values = test.values.double().numpy()
        return _Quality(scores, effective_rank(values), values.var(axis=0), extent)


def _labelled(codes: Codes) -> Labelled:
    labels = np.empty(0, int) if codes.labels is None else codes.labels.numpy()
    return Labelled(codes.values.numpy(), labels)


def _scores(train: Labelled, test: Labelled) -> dict[str, float]:
    return {
        "knn_accuracy": knn_accuracy(train, test),
        "linear_probe_accuracy": linear_probe_accuracy(train, test),
        "nmi": clustering_nmi(test),
        "silhouette": silhouette(test),
    }


_TITLES = {
    "knn_accuracy": f"accuracy of the {NUM_NEIGHBOURS} nearest",
    "linear_probe_accuracy": "accuracy of a linear probe",
    "nmi": "k-means and classes, NMI",
    "silhouette": "silhouette of the classes",
}
"""What stands beside the bar of each score."""


def _draw_scores(axes: Axes, quality: _Quality) -> None:
    calm(axes)
    axes.grid(visible=False)
    values = list(quality.scores.values())
    heights = range(len(values))
    axes.barh(heights, [1] * len(values), color="#f0f0f0", height=0.5)
    axes.barh(heights, values, color=PALETTE[0], height=0.5)
    axes.set_yticks(heights, [_TITLES[name] for name in quality.scores], color=INK, fontsize=11)
    for height, (name, value) in enumerate(quality.scores.items()):
        text = f"{value:.1%}" if name.endswith("accuracy") else f"{value:.3f}"
        axes.text(1.02, height, text, va="center", color=INK, fontsize=12, fontweight="bold")
    axes.set_xlim(min(0, *values), 1.18)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _draw_variances(axes: Axes, quality: _Quality) -> None:
    calm(axes)
    dead = is_dead(quality.variances)
    units = np.arange(1, len(dead) + 1)
    shares = 100 * quality.variances / (quality.variances.sum() or 1)
    if len(units) <= _MOST_BARS:
        axes.bar(units, shares, width=0.7, color=PALETTE[0])
        heights = shares[dead] + 0.02 * shares.max()
        axes.plot(units[dead], heights, "x", color=PALETTE[1], markersize=9, markeredgewidth=2)
        axes.set_xlabel("latent unit", color=MUTED, fontsize=11, labelpad=6)
    else:
        axes.fill_between(units, -np.sort(-shares), step="mid", color=PALETTE[0], linewidth=0)
        axes.set_xlabel("latent units by their variance", color=MUTED, fontsize=11, labelpad=6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=16, min_n_ticks=1))
    axes.yaxis.set_major_formatter("{x:g}%")
    axes.set_xlim(0.4, len(units) + 0.6)
    axes.set_ylim(bottom=0)


def _axes_at(drawing: Drawing, place: tuple[int, int, int, int]) -> Axes:
    """Axes whose left, bottom, width and height are given in pixels."""
    width, height = drawing.get_size_inches() * DOTS_PER_INCH
    left, bottom, across, up = place
    return drawing.add_axes((left / width, bottom / height, across / width, up / height))


def _put_title(drawing: Drawing, top: int, title: str, note: str) -> None:
    width, height = drawing.get_size_inches() * DOTS_PER_INCH
    drawing.text(30 / width, (top - 30) / height, title, color=INK, fontsize=13, va="top")
    drawing.text(30 / width, (top - 66) / height, note, color=MUTED, fontsize=11, va="top")
