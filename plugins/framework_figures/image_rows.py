"""Rows of images, each with what it is at its left."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure as Drawing
from torch import Tensor

from framework import ImageSet
from framework_figures.style import make_drawing, write_label

_COLOUR_CHANNELS = 3
_CELL_PIXELS = 96
_GAP_PIXELS = 8
_MARGIN_PIXELS = 24
_LABEL_PIXELS = 200


@dataclass(frozen=True)
class Row:
    """Images side by side, with what stands at their left.

    Attributes:
        label: what they are.
        note: a quieter line below; may be empty.
        images: the images, in the value range.
    """

    label: str
    note: str
    images: Float[Tensor, "batch channels height width"]


def choose_images(test_set: ImageSet, num_images: int) -> list[int]:
    """Places of images to show: the first of each class, where there are labels, then the others.

    They are fewer than `num_images` where the set is smaller.
    """
    first_of_class: list[int] = []
    if test_set.labels is not None:
        labels = test_set.labels.tolist()
        first_of_class = [labels.index(label) for label in sorted(set(labels))]
    others = (i for i in range(len(test_set)) if i not in set(first_of_class))
    return [*first_of_class, *others][:num_images]


@contextmanager
def fixed_noise(device: torch.device) -> Iterator[None]:
    """Draw the same noise every time, and leave the random state as it was."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(0)
        yield


def draw_rows(rows: Sequence[Row], value_range: tuple[float, float]) -> Drawing:
    """Draw rows below each other; a pixel of an image is a square of whole pixels of the picture.

    Larger images than the cells are shrunk.

    Args:
        rows: the rows, with images of one shape.
        value_range: what is shown black and what white.
    """
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
