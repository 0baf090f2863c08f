"""What unquoted words mean."""

import math

import pytest

from framework.recipe.scalars import RefusedScalar, plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.0", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-2.5E+3", -2500.0),
        ("0", 0),
        ("-0", 0),
        ("0.10", 0.1),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("1e", "1e"),
        ("--1", "--1"),
        ("${HOME}", "${HOME}"),
        ("٣", "٣"),
    ],
)
def test_words_mean_what_yaml_1_2_says(text, value):
    found = plain_scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF"])
def test_infinities_are_read_so_that_the_range_can_be_named(text):
    assert math.isinf(plain_scalar(text))


def test_nan_is_read_so_that_the_range_can_be_named():
    assert math.isnan(plain_scalar(".nan"))


@pytest.mark.parametrize(
    ("text", "instead"),
    [("010", "10"), ("-010", "-10"), ("00", "0"), ("01.5", "1.5"), ("0010e3", "10e3")],
)
def test_leading_zeros_are_refused_with_both_readings(text, instead):
    with pytest.raises(RefusedScalar, match="leading zero") as caught:
        plain_scalar(text)
    assert caught.value.hint == f"write {instead}, or '{text}' for text"


def test_integers_of_64_bits_are_read():
    assert plain_scalar(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize(
    "text", [str(2**63), "1e400", "-1e400", "9" * 100_000, "0x" + "f" * 100_000, "1" * 999 + ".0"]
)
def test_numbers_beyond_64_bits_are_refused_without_being_repeated(text):
    with pytest.raises(RefusedScalar, match="beyond the range of 64 bits") as caught:
        plain_scalar(text)
    assert len(str(caught.value)) < 120
