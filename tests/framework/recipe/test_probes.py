"""Probes show the corners of a space and every choice, and never leave it."""

from random import Random

import pytest

from framework.recipe.probes import probes, random_of
from framework.search_spaces import Dimension

DIMENSIONS = [
    Dimension(name="lr", low=1e-5, high=1e-1, is_log=True),
    Dimension(name="width", low=8, high=64, is_integer=True, is_log=True),
    Dimension(name="depth", low=1, high=3, is_integer=True),
    Dimension(name="rate", low=0.0, high=0.7),
    Dimension(name="kind", choices=("a", "b", "c")),
    Dimension(name="off", choices=(False, True)),
]


def test_probes_meet_both_ends_and_every_choice():
    found = [draw(choose) for choose in probes(DIMENSIONS)]
    assert found[0] == {
        "lr": 1e-5, "width": 8, "depth": 1, "rate": 0.0, "kind": "a", "off": False,
    }  # fmt: skip
    assert found[1] == {
        "lr": 1e-1, "width": 64, "depth": 3, "rate": 0.7, "kind": "c", "off": True,
    }  # fmt: skip
    assert {(each["kind"], each["off"]) for each in found[2:5]} == {
        ("a", False), ("b", True), ("c", False),
    }  # fmt: skip


def test_probes_are_the_same_every_time():
    first, again = ([draw(choose) for choose in probes(DIMENSIONS)] for _ in range(2))
    assert first == again
    assert len({each["lr"] for each in first}) > 10


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda each: each.name)
def test_random_value_is_one_of_the_dimension(dimension):
    random = Random(3)  # noqa: S311
    for _ in range(50):
        value = random_of(dimension, random)
        if dimension.choices:
            assert value in dimension.choices
        else:
            assert dimension.low <= value <= dimension.high
            assert isinstance(value, int) or not dimension.is_integer


def draw(choose):
    found = {}
    for each in DIMENSIONS:
        if each.choices:
            found[each.name] = choose.one_of(each.name, each.choices)
        elif each.is_integer:
            found[each.name] = choose.integer(each.name, each.low, each.high, log=each.is_log)
        else:
            found[each.name] = choose.number(each.name, each.low, each.high, log=each.is_log)
    return found
