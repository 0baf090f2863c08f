import pytest

from framework import Infeasible
from framework_gan.sizes import smallest_size


@pytest.mark.parametrize(
    ("shape", "num_halvings", "expected"),
    [((1, 28, 28), 2, (7, 7)), ((3, 32, 48), 3, (4, 6)), ((3, 5, 5), 0, (5, 5))],
)
def test_sides_are_halved(shape, num_halvings, expected):
    assert smallest_size(shape, num_halvings) == expected


def test_odd_side_is_named_with_the_layer_and_the_way_out():
    with pytest.raises(Infeasible) as caught:
        smallest_size((1, 28, 28), 3)
    assert str(caught.value) == (
        "conv3 would halve 7x7 pixels; images of 28x28 can be halved 2 times, and there are "
        "3 layers in `channels`"
    )
