"""What is written is read back by our own loader as the same values, of the same types."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.errors import Position
from framework.recipe.loading import read_yaml
from framework.recipe.writing import yaml_text

WORDS = [
    *("no", "on", "yes", "true", "null", "~", "", " ", "1e-3", "1E5", ".5", "010", "0x1f", "0o17"),
    *("1_000", "1:30", "2024-01-01", ".nan", "-.inf", "=", "<<", "-", "- a", "?", ": ", "a: b"),
    *("# a", "a #b", "'", '"', "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "{", "[a]", "a,b"),
    *("two\nlines", "tab\there", "trailing ", "\u00e4\u4e2d\U0001f600", "\x85", "\u2028", "\ufeff"),
    *("---", "...", "?0", "?>", "a:b", "/data/x.y", "word " * 60, "x" * 300, "${HOME}"),
]
NUMBERS = [
    0,
    -1,
    2**63 - 1,
    1e-05,
    1e-3,
    0.1,
    -0.0,
    1e16,
    1e22,
    5e-324,
    1.7976931348623157e308,
    1.0,
]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(WORDS)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("value", [*WORDS, *NUMBERS, None, True, False, [], {}, [[]], [1, [2.0]]])
def test_value_is_read_back(value):
    assert_same(read_back({"key": value})["key"], value)


@pytest.mark.parametrize("word", WORDS)
def test_word_is_read_back_as_a_key_and_in_a_list(word):
    assert read_back({word: [word, {word: word}]}) == {word: [word, {word: word}]}


@pytest.mark.slow
@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.dictionaries(texts, values, max_size=4))
def test_any_plain_values_are_read_back(mapping):
    assert_same(read_back(mapping), mapping)


def test_value_that_stands_twice_is_written_twice():
    shared = {"channels": [1, 2]}
    assert read_back({"a": shared, "b": [shared]}) == {"a": shared, "b": [shared]}


def test_keys_keep_their_order_and_innermost_values_share_a_line():
    text = yaml_text({"b": {"type": "x", "sizes": [1, 2]}, "a": 1e-05})
    assert text == "b:\n  type: x\n  sizes: [1, 2]\na: 1e-05\n"


def read_back(mapping):
    return read_yaml(yaml_text(mapping), lambda line, column: Position("r", line, column)).plain()


def assert_same(found, expected):
    assert found == expected
    assert repr(found) == repr(expected)  # 1 == 1.0 == True, and 0.0 == -0.0
