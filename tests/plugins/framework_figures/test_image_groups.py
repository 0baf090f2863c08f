from itertools import pairwise

import numpy as np
import torch

from framework_figures.image_groups import Group, draw_groups
from framework_figures.style import PALETTE

GREYS = torch.linspace(0.1, 0.9, 8).reshape(2, 4, 1, 1, 1).expand(2, 4, 1, 28, 28)
LABELS = [("cat", "to dog"), ("owl", "")]


def cells_of(drawing):
    """Pictures of images, from left to right and from top to bottom."""
    cells = [c for c in drawing.images if c.get_array().shape[:2] == (84, 84)]
    return sorted(cells, key=lambda cell: (-cell.oy, cell.ox))


def marks_of(drawing):
    return [c for c in drawing.images if c.get_array().shape[0] == 5]


def texts_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def test_images_stand_in_rows_and_groups():
    groups = [Group("one", GREYS[:, :1]), Group("three", GREYS[:, 1:])]
    drawing = draw_groups(LABELS, groups, (0.0, 1.0))
    cells = cells_of(drawing)
    shown = [int(cell.get_array()[0, 0, 0]) for cell in cells]
    assert shown == (GREYS[..., 0, 0, 0] * 255).round().int().flatten().tolist()
    gaps = [b.ox - a.ox - 84 for a, b in pairwise(cells[:4])]
    assert gaps == [36, 8, 8]
    assert texts_of(drawing) == ["cat", "to dog", "owl", "one", "three"]


def test_nothing_lies_outside_the_picture():
    groups = [Group("one", GREYS, [list("abcd")] * 2, torch.ones(2, 4, dtype=torch.bool))]
    drawing = draw_groups(LABELS, groups, (0.0, 1.0), footnote="marked")
    width, height = drawing.get_size_inches() * 150
    for cell in drawing.images:
        assert 0 <= cell.ox <= width - cell.get_array().shape[1]
        assert 0 <= cell.oy <= height - cell.get_array().shape[0]


def test_marked_images_are_underlined_and_the_line_is_explained():
    is_marked = torch.tensor([[False, True, False, False], [False] * 4])
    drawing = draw_groups(
        LABELS, [Group("one", GREYS, is_marked=is_marked)], (0.0, 1.0), footnote="of another class"
    )
    second = cells_of(drawing)[1]
    mark, explained = marks_of(drawing)
    assert (mark.ox, mark.oy) == (second.ox, second.oy - 6)
    assert mark.get_array().shape[1] == 84
    red, green, blue = np.asarray(explained.get_array())[0, 0]
    assert f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}" == PALETTE[1]
    assert texts_of(drawing)[-1] == "of another class"


def test_footnote_without_marks_explains_no_line():
    drawing = draw_groups(LABELS, [Group("one", GREYS)], (0.0, 1.0), footnote="below")
    assert marks_of(drawing) == []
    assert texts_of(drawing)[-1] == "below"


def test_captions_stand_below_their_images():
    captions = [["a", "b", "c", "d"], ["e", "f", "g", "h"]]
    drawing = draw_groups(LABELS, [Group("one", GREYS, captions)], (0.0, 1.0))
    width, height = drawing.get_size_inches() * 150
    places = {text.get_text(): text.get_position() for text in drawing.texts}
    for name, cell in zip("abcdefgh", cells_of(drawing), strict=True):
        x, y = places[name][0] * width, places[name][1] * height
        assert abs(x - cell.ox - 42) < 1
        assert cell.oy - 22 <= y < cell.oy
