"""A schedule goes from point to point, and stays beyond them."""

import pytest

from framework.recipe.blocks import Schedule
from framework.recipe.curves import value_at


def values(shape, points, epochs):
    schedule = Schedule(parameter="loss.weight", points=points, shape=shape)
    return [value_at(schedule, epoch) for epoch in epochs]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("linear", [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 2.5, 0.0, 0.0]),
        ("step", [1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 0.0, 0.0]),
        ("cosine", [1.0, 1.0, 1.0 + 4 * 0.146447, 3.0, 1.0 + 4 * 0.853553, 5.0, 2.5, 0.0, 0.0]),
    ],
)
def test_values_go_from_point_to_point_in_their_shape(shape, expected):
    points = ((3, 1.0), (7, 5.0), (9, 0.0))
    epochs = [1, 3, 4, 5, 6, 7, 8, 9, 100]
    assert values(shape, points, epochs) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("shape", ["linear", "step", "cosine"])
def test_points_are_met_to_the_bit_and_nothing_lies_beyond_them(shape):
    points = ((1, 0.1), (4, 0.3), (11, 0.7), (30, 1.0))
    assert values(shape, points, [1, 4, 11, 30]) == [0.1, 0.3, 0.7, 1.0]
    between = values(shape, points, range(1, 31))
    assert between == sorted(between)
    assert all(0.1 <= value <= 1.0 for value in between)
