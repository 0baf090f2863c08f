from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from framework import DataInfo
from framework_figures.classes import (
    CLASS_PALETTE,
    class_colours,
    class_label,
    class_names,
    plain_class_names,
)
from framework_figures.style import make_drawing, write_label

SEEN_WITH = {
    "normal vision": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Machado et al., 2009, table 1: what becomes of linear red, green and blue."""
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
FROM_CONES = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
"""Ottosson, 2020: linear colours to OKLab, with a cube root between the two."""


def data_of(num_classes, *names):
    return DataInfo(
        image_shape=(1, 4, 4), num_train=1, num_test=1, num_classes=num_classes, class_names=names
    )


def oklab(colour, vision):
    encoded = np.array(to_rgb(colour))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(vision) @ linear, 0, 1)
    return np.asarray(FROM_CONES) @ np.cbrt(np.asarray(TO_CONES) @ seen)


@pytest.mark.parametrize("vision", SEEN_WITH.values(), ids=SEEN_WITH)
def test_everybody_can_tell_the_ten_colours_apart(vision):
    seen = [oklab(colour, vision) for colour in CLASS_PALETTE]
    assert len(seen) == 10
    assert min(np.linalg.norm(one - two) for one, two in combinations(seen, 2)) > 0.12


def test_few_classes_take_the_first_colours_and_many_take_shades():
    assert class_colours(3) == CLASS_PALETTE[:3]
    assert len(set(class_colours(25))) == 25


def test_classes_without_names_are_named_by_their_labels():
    assert class_names(data_of(2, "cat", "dog")) == ["cat", "dog"]
    assert class_names(data_of(3, "cat")) == ["cat", "class 1", "class 2"]


def test_name_of_a_folder_is_neither_mathematics_nor_obeyed():
    name = "$\\frac{$\x1b"
    data = data_of(2, name, "cat")
    assert plain_class_names(data) == [name, "cat"]
    drawing = make_drawing(200, 100)
    write_label(drawing, class_names(data)[0], "", at_pixels=(20, 50))
    drawing.canvas.draw()  # mathematics that is none would fail, a missing glyph warn


@pytest.mark.parametrize(("named", "label"), [("dog", 1), (0, 0), (1, 1)])
def test_class_is_found_by_name_and_by_label(named, label):
    assert class_label(named, data_of(2, "cat", "dog")) == label


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("dgo", r"there is no class 'dgo'; did you mean 'dog'\?"),
        ("whale", r"there is no class 'whale'; the classes are 0 'cat', 1 'dog'"),
        (2, r"there is no class 2; the classes are 0 'cat', 1 'dog'"),
        (-1, r"there is no class -1; the classes are"),
    ],
)
def test_unknown_class_is_refused_with_those_there_are(named, message):
    with pytest.raises(ValueError, match=message):
        class_label(named, data_of(2, "cat", "dog"))


def test_class_of_data_without_labels_is_refused():
    with pytest.raises(ValueError, match="there is no class 'cat': the data have no labels"):
        class_label("cat", data_of(0))
