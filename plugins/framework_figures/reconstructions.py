"""Originals above what the networks made of them, then and at last."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor

from framework import Batch, Figure, FinishedRun, ImageSet, Task
from framework_figures.style import make_drawing, write_label

_COLOUR_CHANNELS = 3
_CELL_PIXELS = 96
_GAP_PIXELS = 8
_MARGIN_PIXELS = 24
_LABEL_PIXELS = 200


@dataclass(frozen=True)
class _Row:
    """Images side by side, with what stands at their left."""

    label: str
    note: str
    images: Float[Tensor, "batch channels height width"]


class Reconstructions(Figure):
    """Test images above their reconstructions, after chosen epochs and with the weights kept.

    The first test image of each class comes first, where there are labels; then the others in
    their order. Beside each row stands its mean squared error over the images shown.

    Args:
        at_epochs: epochs to show besides the kept weights; 0 is untrained, an epoch that the run
            did not reach is left out.
        num_images: number of images in a row.
    """

    def __init__(
        self,
        *,
        at_epochs: tuple[Annotated[int, Field(ge=0)], ...] = (),
        num_images: Annotated[int, Field(ge=1)] = 10,
    ) -> None:
        self.epochs = at_epochs
        self._num_images = num_images

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the rows; a pixel of an image is a square of whole pixels of the picture.

        Raises:
            ValueError: the task's predictions are no images of the data's shape.
        """
        batch = run.batch(_choose(run.test_set, self._num_images))
        originals = _Row("original", "", batch.images.cpu())
        rows = [originals, *self._reconstructed(run, batch)]
        return _draw_rows(rows, run.data.value_range)

    def _reconstructed(self, run: FinishedRun, batch: Batch) -> Iterator[_Row]:
        # Each task is used before the next is asked for: they may share their networks.
        for epoch in self.epochs:
            if (task := run.task(epoch)) is not None:
                yield _reconstruct(task, batch, f"epoch {epoch}" if epoch else "untrained")
        if (task := run.task()) is not None:
            yield _reconstruct(task, batch, f"kept (epoch {run.kept_epoch})")


def _choose(test_set: ImageSet, num_images: int) -> list[int]:
    first_of_class: list[int] = []
    if test_set.labels is not None:
        labels = test_set.labels.tolist()
        first_of_class = [labels.index(label) for label in sorted(set(labels))]
    others = (i for i in range(len(test_set)) if i not in set(first_of_class))
    return [*first_of_class, *others][:num_images]


@torch.no_grad()
def _reconstruct(task: Task, batch: Batch, label: str) -> _Row:
    prediction, target = task.evaluate(batch)
    if prediction.shape != batch.images.shape:
        found, expected = tuple(prediction.shape), tuple(batch.images.shape)
        raise ValueError(f"reconstructions need predictions of shape {expected}, found {found}")
    error = (prediction - target).square().mean().item()
    return _Row(label, f"MSE {error:.3g}", prediction.cpu())


def _draw_rows(rows: list[_Row], value_range: tuple[float, float]) -> Drawing:
    strips = [_strip_of(row.images, value_range) for row in rows]
    height, width, _ = strips[0].shape
    step = height + _GAP_PIXELS
    picture_width = _MARGIN_PIXELS + _LABEL_PIXELS + width + _MARGIN_PIXELS
    picture_height = 2 * _MARGIN_PIXELS + len(rows) * step - _GAP_PIXELS
    drawing = make_drawing(picture_width, picture_height)
    for index, (row, strip) in enumerate(zip(rows, strips, strict=True)):
        bottom = picture_height - _MARGIN_PIXELS - index * step - height
        drawing.figimage(strip, _MARGIN_PIXELS + _LABEL_PIXELS, bottom, origin="upper")
        write_label(drawing, row.label, row.note, at_pixels=(_MARGIN_PIXELS, bottom + height // 2))
    return drawing


def _strip_of(
    images: Float[Tensor, "batch channels height width"], value_range: tuple[float, float]
) -> UInt8[np.ndarray, "_ _ 3"]:
    low, high = value_range
    is_colour = images.shape[1] == _COLOUR_CHANNELS
    colours = images if is_colour else images.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    cells = F.interpolate((colours - low) / (high - low), size=_cell_size(images), mode="area")
    white = torch.ones(*cells.shape[:3], _GAP_PIXELS)
    spaced = torch.cat([cells.clamp(0, 1), white], dim=3)
    strip = torch.cat(list(spaced), dim=2)[..., :-_GAP_PIXELS]
    return (strip * 255).round().byte().permute(1, 2, 0).numpy()


def _cell_size(images: Float[Tensor, "batch channels height width"]) -> tuple[int, int]:
    height, width = images.shape[2:]
    longest = max(height, width)
    factor = _CELL_PIXELS // longest if longest <= _CELL_PIXELS else _CELL_PIXELS / longest
    return max(1, round(height * factor)), max(1, round(width * factor))
