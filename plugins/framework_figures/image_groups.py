"""Rows of images whose columns stand in groups, each under a heading."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Drawing
from torch import Tensor

from framework_figures.image_rows import make_cells
from framework_figures.style import (
    DOTS_PER_INCH,
    MUTED,
    PALETTE,
    make_drawing,
    write_caption,
    write_label,
)

_GAP_PIXELS = 8
_GROUP_GAP_PIXELS = 36
_MARGIN_PIXELS = 24
_LABEL_PIXELS = 176
_HEADING_PIXELS = 34
_CAPTION_PIXELS = 22
_MARK_PIXELS = 5
_FOOTNOTE_PIXELS = 44
_MARK_COLOUR = PALETTE[1]


@dataclass(frozen=True)
class Group:
    """Columns of images under one heading; the first axis of everything is the row.

    Attributes:
        heading: what they are.
        images: the images, in the value range.
        captions: what stands below each image; may be empty.
        is_marked: which images are underlined; None underlines none.
    """

    heading: str
    images: Float[Tensor, "_ _ channels height width"]
    captions: Sequence[Sequence[str]] = ()
    is_marked: Bool[Tensor, "_ _"] | None = None


def draw_groups(
    labels: Sequence[tuple[str, str]],
    groups: Sequence[Group],
    value_range: tuple[float, float],
    *,
    footnote: str = "",
) -> Drawing:
    """Draw the rows below each other; a pixel of an image is a square of whole pixels.

    Args:
        labels: what stands at the left of each row: a label, and a quieter line below it.
        groups: the groups from left to right, with as many rows as there are labels.
        value_range: what is shown black and what white.
        footnote: a line below the rows, beside the colour of underlines where there are any.
    """
    height, width = make_cells(groups[0].images[0], value_range).shape[2:]
    has_captions = any(group.captions for group in groups)
    has_marks = any(group.is_marked is not None for group in groups)
    step = height + _GAP_PIXELS + _CAPTION_PIXELS * has_captions + _MARK_PIXELS * has_marks
    lefts = _lefts_of(groups, width)
    footer = _FOOTNOTE_PIXELS * bool(footnote)
    top = _MARGIN_PIXELS + footer + len(labels) * step
    drawing = make_drawing(lefts[-1], top + _HEADING_PIXELS + _MARGIN_PIXELS // 2)
    for row, (label, note) in enumerate(labels):
        bottom = top - row * step - height
        write_label(drawing, label, note, at_pixels=(_MARGIN_PIXELS, bottom + height // 2))
        for group, left in zip(groups, lefts, strict=False):
            _draw_row(drawing, group, row, value_range, at_pixels=(left, bottom))
    for group, left in zip(groups, lefts, strict=False):
        _write(drawing, group.heading, at_pixels=(left, top + _HEADING_PIXELS // 2))
    indent = (width // 2 + 14) * has_marks
    if has_marks:
        _draw_mark(drawing, width // 2, at_pixels=(lefts[0], _MARGIN_PIXELS + 2))
    _write(drawing, footnote, at_pixels=(lefts[0] + indent, _MARGIN_PIXELS + 4))
    return drawing


def _lefts_of(groups: Sequence[Group], width: int) -> list[int]:
    """Where each group begins, and where one more would."""
    lefts = [_MARGIN_PIXELS + _LABEL_PIXELS]
    for group in groups:
        columns = group.images.shape[1]
        lefts.append(lefts[-1] + columns * (width + _GAP_PIXELS) - _GAP_PIXELS + _GROUP_GAP_PIXELS)
    return lefts


def _draw_row(
    drawing: Drawing,
    group: Group,
    row: int,
    value_range: tuple[float, float],
    *,
    at_pixels: tuple[int, int],
) -> None:
    left, bottom = at_pixels
    for column, cell in enumerate(make_cells(group.images[row], value_range)):
        width = cell.shape[2]
        x = left + column * (width + _GAP_PIXELS)
        drawing.figimage(cell.permute(1, 2, 0).numpy(), x, bottom, origin="upper")
        if group.is_marked is not None and group.is_marked[row, column]:
            _draw_mark(drawing, width, at_pixels=(x, bottom - _MARK_PIXELS - 1))
        if group.captions:
            place = (x + width // 2, bottom - _CAPTION_PIXELS + 2)
            write_caption(drawing, group.captions[row][column], MUTED, at_pixels=place)


def _draw_mark(drawing: Drawing, width: int, *, at_pixels: tuple[int, int]) -> None:
    bar = np.broadcast_to(to_rgb(_MARK_COLOUR), (_MARK_PIXELS, width, 3))
    drawing.figimage(bar, *at_pixels, origin="upper")


def _write(drawing: Drawing, text: str, *, at_pixels: tuple[int, int]) -> None:
    width, height = drawing.get_size_inches() * DOTS_PER_INCH
    place = (at_pixels[0] / width, at_pixels[1] / height)
    drawing.text(*place, text, color=MUTED, fontsize=8.5, va="center")
