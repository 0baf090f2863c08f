"""Which classes are taken for which."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Drawing

from framework import Figure, FinishedRun
from framework_figures.classes import class_names, plain_class_names
from framework_figures.style import INK, MUTED, PALETTE, make_drawing

_CELL_PIXELS = 74
_LEFT_PIXELS, _BOTTOM_PIXELS, _TOP_PIXELS, _RIGHT_PIXELS = 250, 200, 60, 30
_DARK_SHARE, _DARK_MISTAKE = 0.55, 0.7
_LARGE_MISTAKE = 0.25
"""Share of a row from which on a mistake is shown in the full colour."""

_IMAGES_AT_A_TIME = 1024


class ConfusionMatrix(Figure):
    """Test images by their class (rows) and by the class that they are taken for (columns).

    Cells show percent of the row: in blue what is right, which is the class's recall, in orange the
    mistakes. Its values are accuracy, and for each class recall, precision and F1.
    """

    def __init__(self) -> None:
        self._counts: Int[np.ndarray, "classes classes"] | None = None

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the matrix.

        Raises:
            ValueError: the task answers no probability per class, or images have no class.
        """
        self._counts = _count(run)
        names = class_names(run.data)
        side = _CELL_PIXELS * len(names)
        width, height = _LEFT_PIXELS + side + _RIGHT_PIXELS, _BOTTOM_PIXELS + side + _TOP_PIXELS
        drawing = make_drawing(width, height)
        place = (_LEFT_PIXELS / width, _BOTTOM_PIXELS / height, side / width, side / height)
        axes = drawing.add_axes(place)
        shares = self._counts / np.maximum(1, self._counts.sum(1, keepdims=True))
        _draw_cells(axes, shares)
        _label(axes, names, self._counts)
        return drawing

    def values(self, run: FinishedRun) -> Mapping[str, float]:
        """Accuracy, and recall, precision and F1 of each class."""
        counts = _count(run) if self._counts is None else self._counts
        right = np.diag(counts)
        recall = right / np.maximum(1, counts.sum(1))
        precision = right / np.maximum(1, counts.sum(0))
        f1 = 2 * right / np.maximum(1, counts.sum(0) + counts.sum(1))
        found = {"accuracy": float(right.sum() / max(1, counts.sum()))}
        for place, name in enumerate(plain_class_names(run.data)):
            found[f"recall/{name}"] = float(recall[place])
            found[f"precision/{name}"] = float(precision[place])
            found[f"f1/{name}"] = float(f1[place])
        return found


@torch.no_grad()
def _count(run: FinishedRun) -> Int[np.ndarray, "classes classes"]:
    task, num_classes = run.task(), run.data.num_classes
    if task is None or run.test_set.labels is None:
        raise ValueError("a confusion matrix needs images with classes")
    counts = torch.zeros(num_classes * num_classes, dtype=torch.int64)
    for begin in range(0, len(run.test_set), _IMAGES_AT_A_TIME):
        end = min(begin + _IMAGES_AT_A_TIME, len(run.test_set))
        probabilities, classes = task.evaluate(run.batch(range(begin, end)))
        if probabilities.shape[1:] != (num_classes,):
            found = tuple(probabilities.shape[1:])
            raise ValueError(f"expected a probability for each of {num_classes} classes, {found=}")
        cells = classes * num_classes + probabilities.argmax(1)
        counts += torch.bincount(cells.cpu(), minlength=len(counts))
    return counts.reshape(num_classes, num_classes).numpy()


def _draw_cells(axes: Axes, shares: Float[np.ndarray, "classes classes"]) -> None:
    is_right = np.eye(len(shares), dtype=bool)
    for full, hidden, largest in (
        (PALETTE[0], ~is_right, 1.0),
        (PALETTE[1], is_right, _LARGE_MISTAKE),
    ):
        colours = LinearSegmentedColormap.from_list("shares", ["#ffffff", full])
        axes.imshow(np.ma.array(shares, mask=hidden), cmap=colours, vmin=0, vmax=largest)
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.0005:  # noqa: PLR2004  what rounds to nothing is left blank
            text = f"{share * 100:.1f}"
            strength = share if row == column else share / _LARGE_MISTAKE
            colour = (
                "white" if strength > (_DARK_SHARE if row == column else _DARK_MISTAKE) else INK
            )
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)


def _label(axes: Axes, names: list[str], counts: Int[np.ndarray, "classes classes"]) -> None:
    places = range(len(names))
    axes.set_yticks(places, names, fontsize=9.5, color=INK)
    axes.set_xticks(places, names, fontsize=9.5, color=INK, rotation=45, ha="right")
    axes.tick_params(length=0, pad=5)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="minor", length=0)
    axes.set_xlabel("taken for, in percent of the row", color=MUTED, fontsize=10, labelpad=8)
    axes.set_ylabel("class", color=MUTED, fontsize=10)
    share = np.trace(counts) / max(1, counts.sum())
    title = f"{share:.1%} of {counts.sum():,} held-out images are classified correctly"
    axes.set_title(title, loc="left", color=INK, fontsize=11, pad=10)
