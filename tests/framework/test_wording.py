from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from framework.wording import expected_words, is_plain, value_hint, value_text


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Shape(BaseModel):
    width: int


def short(value):
    return repr(value)[:60]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "an integer"),
        (Annotated[int, Field(ge=1)], "an integer of at least 1"),
        (Annotated[int, Field(ge=1, multiple_of=8)], "an integer of at least 1 and divisible by 8"),
        (Annotated[float, Field(gt=0)], "a number greater than 0"),
        (Annotated[float, Field(ge=0, lt=1)], "a number of at least 0 and less than 1"),
        (Annotated[float, Field(ge=0, le=1)] | None, "a number between 0 and 1 or null"),
        (None | int, "an integer or null"),
        (bool, "true or false"),
        (str, "a string"),
        (Annotated[str, Field(min_length=1)], "a string that is not empty"),
        (Annotated[str, Field(min_length=2)], "a string of at least 2 characters"),
        (Annotated[str, Field(max_length=8)], "a string of 0 to 8 characters"),
        (Annotated[str, Field(pattern="^a")], "a string that matches ^a"),
        (Path, "a path"),
        (Literal["min", "max"], "one of 'min', 'max'"),
        (Literal["min"], "'min'"),
        (Literal[1, 2], "one of 1, 2"),
        (Size, "one of 'small', 'large'"),
        (list[Any], "a list of values"),
        (tuple[int, ...], "a list of integers"),
        (Annotated[tuple[int, ...], Field(min_length=1)], "a list of one or more integers"),
        (Annotated[tuple[int, ...], Field(min_length=2)], "a list of at least 2 integers"),
        (Annotated[tuple[int, ...], Field(max_length=4)], "a list of 0 to 4 integers"),
        (tuple[int, int], "a list of 2 integers"),
        (tuple[int, str], "a list of 2 integers or strings"),
        (tuple[Annotated[int, Field(ge=1)], ...], "a list of integers of at least 1"),
        (tuple[Literal["a", "b"], ...], "a list of any of 'a', 'b'"),
        (tuple[tuple[bool, ...], ...], "a list of lists of booleans"),
        (tuple[Path | None, ...], "a list of paths or nulls"),
        (dict[str, int], "a mapping"),
        (tuple[Shape, ...], "a list of mappings"),
        (int | str | None, "an integer or a string or null"),
        (Any, "any value"),
    ],
    ids=short,
)
def test_expected_words_say_type_and_bounds_together(annotation, words):
    schema = TypeAdapter(annotation).json_schema()
    assert expected_words(schema, schema.get("$defs")) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("6", "'6'"),
        ("a\nb", '"a\\nb"'),
        (True, "true"),
        (None, "null"),
        (6, "6"),
        (0.001, "0.001"),
        (float("nan"), ".nan"),
        (float("-inf"), "-.inf"),
        ([1, "a", [None]], "[1, 'a', [null]]"),
        ((1, 2), "[1, 2]"),
        ({"type": "bce", "lr": 0.1}, "{type: 'bce', lr: 0.1}"),
        (2**5000, "a huge integer"),
    ],
    ids=short,
)
def test_value_text_reads_as_in_a_recipe(value, text):
    assert value_text(value) == text


def test_value_text_is_cut():
    assert len(value_text("a" * 1000)) == 60
    assert value_text("a" * 1000).endswith("...")
    assert value_text("a" * 58) == f"'{'a' * 58}'"


@pytest.mark.parametrize(
    ("annotation", "value", "hint"),
    [
        (int, "6", "remove the quotes"),
        (int, "-6", "remove the quotes"),
        (int, "6.5", ""),
        (float, "1e-3", "remove the quotes"),
        (float, "fast", ""),
        (bool, "true", "remove the quotes"),
        (bool, "Yes", "write true"),
        (bool, "off", "write false"),
        (int | None, "null", "remove the quotes"),
        (int, 1.0, "write 1"),
        (int, 1.5, ""),
        (int, float("inf"), ""),
        (str, 6, "write '6', with quotes"),
        (str, True, "write 'true', with quotes"),
        (Literal["min", "max"], "mni", "did you mean 'min'?"),
        (Literal["min", "max"], "transformer", ""),
        (Literal["min"], "Min", "did you mean 'min'?"),
    ],
    ids=short,
)
def test_value_hint_shows_the_way_out(annotation, value, hint):
    assert value_hint(value, TypeAdapter(annotation).json_schema(), {}) == hint


@pytest.mark.parametrize("value", ["ä", "", 0, 2**4000, 0.5, True, None], ids=short)
def test_plain_values_are_plain(value):
    assert is_plain(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", 2**5000, len, b"x"], ids=short
)
def test_what_json_cannot_express_is_not_plain(value):
    assert not is_plain(value)
