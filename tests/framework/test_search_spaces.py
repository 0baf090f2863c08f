"""What a search draws is named, bounded and, where there is an end of it, listed."""

import pytest

from framework.search_spaces import Choose, Dimension


@pytest.mark.parametrize(
    ("dimension", "values"),
    [
        (Dimension(name="a", low=1, high=4, is_integer=True), (1, 2, 3, 4)),
        (Dimension(name="a", low=1, high=7, step=3, is_integer=True), (1, 4, 7)),
        (Dimension(name="a", low=0.1, high=0.4, step=0.1), (0.1, 0.2, 0.3, 0.4)),
        (Dimension(name="a", low=0.1, high=0.4), None),
        (Dimension(name="a", choices=("x", None, 3)), ("x", None, 3)),
    ],
)
def test_values_are_all_that_can_be_drawn(dimension, values):
    found = dimension.values
    if isinstance(values, tuple) and isinstance(values[0], float):
        assert found == pytest.approx(values)
    else:
        assert found == values


def test_numbers_of_whole_numbers_are_whole():
    values = Dimension(name="a", low=2, high=6, step=2, is_integer=True).values
    assert [type(value) for value in values] == [int, int, int]


def test_what_is_drawn_carries_its_place_and_its_ends():
    met = []

    def suggest(dimension):
        met.append(dimension)
        return dimension.choices[0] if dimension.choices else dimension.high

    choose = Choose(suggest).within("networks.encoder").within("layers")
    assert choose.number("dropout", 0.0, 0.7) == 0.7
    assert choose.integer("width", 8, 64, log=True) == 64
    assert choose.one_of("activation", ["relu", "gelu"]) == "relu"
    assert met == [
        Dimension(name="networks.encoder.layers.dropout", low=0.0, high=0.7),
        Dimension(
            name="networks.encoder.layers.width",
            low=8,
            high=64,
            is_integer=True,
            is_log=True,
            step=1,
        ),
        Dimension(name="networks.encoder.layers.activation", choices=("relu", "gelu")),
    ]


def test_numbers_have_their_types_whatever_a_sampler_answers():
    assert type(Choose(lambda _: 1).number("a", 0, 1)) is float
    assert type(Choose(lambda _: 1.0).integer("a", 0, 1)) is int
