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
from framework_figures.style import MUTED, make_drawing, write_caption, write_label

_COLOUR_CHANNELS = 3
_CELL_PIXELS = 96
_GAP_PIXELS = 8
_MARGIN_PIXELS = 24
_LABEL_PIXELS = 200
_CAPTION_PIXELS = 24


@dataclass(frozen=True)
class Caption:
    """A few words above an image.

    Attributes:
        text: the words; some twelve letters have room.
        colour: what they are written in.
    """

    text: str
    colour: str = MUTED


@dataclass(frozen=True)
class Row:
    """Images side by side, with what stands at their left.

    Attributes:
        label: what they are.
        note: a quieter line below; may be empty.
        images: the images, in the value range.
        captions: what stands above each image; may be empty.
    """

    label: str
    note: str
    images: Float[Tensor, "batch channels height width"]
    captions: Sequence[Caption] = ()


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


def draw_rows(
    rows: Sequence[Row], value_range: tuple[float, float], *, header_pixels: int = 0
) -> Drawing:
    """Draw rows below each other; a pixel of an image is a square of whole pixels of the picture.

    Larger images than the cells are shrunk.

    Args:
        rows: the rows, with images of one shape.
        value_range: what is shown black and what white.
        header_pixels: height that is left free above the rows.
    """
    strips = [_strip_of(row.images, value_range) for row in rows]
    captions = [_CAPTION_PIXELS if row.captions else 0 for row in rows]
    height, width = strips[0].shape[0], max(strip.shape[1] for strip in strips)
    step = height + _GAP_PIXELS
    picture_width = _MARGIN_PIXELS + _LABEL_PIXELS + width + _MARGIN_PIXELS
    rows_height = len(rows) * step - _GAP_PIXELS + sum(captions)
    picture_height = header_pixels + 2 * _MARGIN_PIXELS + rows_height
    drawing = make_drawing(picture_width, picture_height)
    bottom = _MARGIN_PIXELS + rows_height + _GAP_PIXELS
    for row, strip, caption in zip(rows, strips, captions, strict=True):
        bottom -= step + caption
        _place(drawing, row, strip, bottom)
    return drawing


def _place(drawing: Drawing, row: Row, strip: UInt8[np.ndarray, "_ _ 3"], bottom: int) -> None:
    left, height = _MARGIN_PIXELS + _LABEL_PIXELS, strip.shape[0]
    drawing.figimage(strip, left, bottom, origin="upper")
    write_label(drawing, row.label, row.note, at_pixels=(_MARGIN_PIXELS, bottom + height // 2))
    width = _cell_size(row.images, _CELL_PIXELS)[1]
    for index, caption in enumerate(row.captions):
        middle = left + index * (width + _GAP_PIXELS) + width // 2
        at_pixels = (middle, bottom + height + 4)
        write_caption(drawing, caption.text, caption.colour, at_pixels=at_pixels)


def make_cells(
    images: Float[Tensor, "batch channels height width"],
    value_range: tuple[float, float],
    *,
    side_pixels: int = _CELL_PIXELS,
) -> UInt8[Tensor, "batch 3 height_pixels width_pixels"]:
    """Images as they are shown: every pixel a square of as many whole pixels as fit.

    Larger images than `side_pixels` are shrunk.
    """
    low, high = value_range
    is_colour = images.shape[1] == _COLOUR_CHANNELS
    colours = images if is_colour else images.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    size = _cell_size(images, side_pixels)
    cells = F.interpolate((colours - low) / (high - low), size=size, mode="area")
    return (cells.clamp(0, 1) * 255).round().byte()


def _strip_of(
    images: Float[Tensor, "batch channels height width"], value_range: tuple[float, float]
) -> UInt8[np.ndarray, "_ _ 3"]:
    cells = make_cells(images, value_range)
    white = torch.full((*cells.shape[:3], _GAP_PIXELS), 255, dtype=torch.uint8)
    spaced = torch.cat([cells, white], dim=3)
    strip = torch.cat(list(spaced), dim=2)[..., :-_GAP_PIXELS]
    return strip.permute(1, 2, 0).numpy()


def _cell_size(
    images: Float[Tensor, "batch channels height width"], side_pixels: int = _CELL_PIXELS
) -> tuple[int, int]:
    height, width = images.shape[2:]
    longest = max(height, width)
    factor = side_pixels // longest if longest <= side_pixels else side_pixels / longest
    return max(1, round(height * factor)), max(1, round(width * factor))
