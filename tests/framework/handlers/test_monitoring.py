"""Better means better in the declared direction; what is not a number never is."""

import math

import pytest

from framework.handlers.monitoring import Monitor

LOSS = Monitor("validation/loss", "min")
ACCURACY = Monitor("validation/accuracy", "max")


@pytest.mark.parametrize(
    ("monitor", "value", "on", "improves"),
    [
        (LOSS, 0.9, 1.0, True),
        (LOSS, 1.0, 1.0, False),
        (LOSS, 1.1, 1.0, False),
        (ACCURACY, 1.1, 1.0, True),
        (ACCURACY, 1.0, 1.0, False),
        (ACCURACY, 0.9, 1.0, False),
    ],
)
def test_direction_is_the_declared_one(monitor, value, on, improves):
    assert monitor.improves(value, on) is improves


@pytest.mark.parametrize("monitor", [LOSS, ACCURACY])
def test_first_finite_value_improves(monitor):
    assert monitor.improves(5.0, None)


@pytest.mark.parametrize("monitor", [LOSS, ACCURACY])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("on", [None, 1.0])
def test_value_that_is_not_finite_never_improves(monitor, value, on):
    assert not monitor.improves(value, on)


@pytest.mark.parametrize(("value", "improves"), [(0.9, False), (0.75, False), (0.7, True)])
def test_change_of_min_delta_is_not_enough(value, improves):
    assert LOSS.improves(value, 1.0, min_delta=0.25) is improves
    assert ACCURACY.improves(2.0 - value, 1.0, min_delta=0.25) is improves
