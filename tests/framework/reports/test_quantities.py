import pytest

from framework.reports.quantities import change_text, duration_text, number_text, spread_text
from framework.runs.records import Spread


def test_number_is_as_long_as_it_is_worth_reading():
    assert [number_text(v) for v in (0.0123265721, -3.0, 12.0)] == ["0.012327", "-3", "12"]


def test_spread_is_mean_and_deviation():
    assert spread_text(Spread(0.0123265721, 0.000461)) == "0.012327 ± 0.00046"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.085, "0.085 s"),
        (12.3, "12 s"),
        (59.96, "60 s"),
        (1254.3, "20 min 54 s"),
        (11040.0, "3 h 4 min"),
    ],
)
def test_duration_has_its_two_largest_units(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (0.4, 0.1, "75 % lower"),
        (10.0, 12.0, "20 % higher"),
        (-1.0, -2.0, "100 % lower"),
        (3.0, 3.0, "unchanged"),
        (0.0, 1.0, ""),
    ],
)
def test_change_says_by_how_much_and_which_way(before, after, text):
    assert change_text(before, after) == text
