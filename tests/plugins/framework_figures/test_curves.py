from math import isnan

import pytest

from framework_figures.curves import draw_curve, values_of
from framework_figures.style import make_drawing


def test_values_that_are_missing_or_not_finite_are_gaps():
    history = [{"loss": 1}, {}, {"loss": None}, {"loss": float("inf")}, {"loss": 0.5}]
    values = values_of(history, "loss")
    assert (values[0], values[4]) == (1.0, 0.5)
    assert all(map(isnan, values[1:4]))


@pytest.mark.parametrize(
    ("split", "name", "label"),
    [("train", "real", "real, training"), ("validation", "", "validation")],
)
def test_curve_is_named_and_begins_with_the_first_epoch(split, name, label):
    axes = make_drawing(300, 200).add_subplot()
    draw_curve(axes, split, name, [3.0, 2.0], colour="#123456")
    (line,) = axes.lines
    assert line.get_label() == label
    assert list(line.get_xdata()) == [1, 2]
    assert (line.get_linestyle() == "-") == (split == "validation")


def test_single_epoch_is_a_point():
    axes = make_drawing(300, 200).add_subplot()
    draw_curve(axes, "train", "", [3.0], colour="#123456")
    assert axes.lines[0].get_marker() == "o"
