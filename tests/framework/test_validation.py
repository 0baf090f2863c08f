from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from framework.validation import InvalidValues, Problem, validated

NAN = float("nan")


class Size(Enum):
    SMALL = "small"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Layer(Strict):
    width: Annotated[int, Field(ge=1)]


def check(annotation, value):
    """Validate one value under the key `value`."""
    model = TypeAdapter(type("Holder", (Strict,), {"__annotations__": {"value": annotation}}))
    return validated(model, {"value": value}).value


def problems(annotation, value):
    with pytest.raises(InvalidValues) as caught:
        check(annotation, value)
    return caught.value.problems


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (int, 7, 7),
        (float, 1, 1.0),
        (float, 0.001, 0.001),
        (bool, True, True),
        (str, "7", "7"),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, int], (1, 2), (1, 2)),
        (Path, "data", Path("data")),
        (Size, "small", Size.SMALL),
        (Literal["min", "max"], "max", "max"),
        (int | None, None, None),
        (list[Any], [1, {"a": None}], [1, {"a": None}]),
    ],
    ids=str,
)
def test_value_of_its_type_is_accepted(annotation, value, result):
    checked = check(annotation, value)
    assert (checked, type(checked)) == (result, type(result))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, "7"),
        (int, True),
        (int, 1.0),
        (int, None),
        (float, "1e-3"),
        (float, True),
        (float, NAN),
        (float, float("inf")),
        (bool, 1),
        (bool, "yes"),
        (str, 7),
        (str, False),
        (tuple[int, ...], 8),
        (tuple[int, ...], "12"),
        (tuple[int, int], [1, 2, 3]),
        (Path, 3),
        (Size, "SMALL"),
        (dict[str, int], [1]),
        (Any, NAN),
        (Any, {1, 2}),
        (Any, date(2024, 1, 1)),
        (Any, {1: 2}),
        (str, "\ud800"),
        (Any, 2**5000),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_value_of_another_type_is_refused(annotation, value):
    (problem,) = problems(annotation, value)
    assert problem.path == ("value",)
    assert problem.identifier == "R012"
    assert problem.message.startswith("expected ")
    assert ", found " in problem.message


@given(st.integers() | st.floats() | st.text() | st.booleans() | st.none())
def test_integers_alone_are_integers(value):
    try:
        accepted = check(int, value) == value
    except InvalidValues:
        accepted = False
    assert accepted == (isinstance(value, int) and not isinstance(value, bool))


def test_message_gives_type_bounds_value_and_way_out():
    (problem,) = problems(Annotated[int, Field(ge=1)], "6")
    message = "expected an integer of at least 1, found '6'"
    assert problem == Problem(("value",), message, "remove the quotes", "R012")


def test_value_out_of_bounds_reads_like_a_wrong_type():
    (problem,) = problems(Annotated[float, Field(ge=0, le=1)] | None, 1.5)
    assert problem.message == "expected a number between 0 and 1 or null, found 1.5"


@pytest.mark.parametrize("value", [NAN, float("inf"), float("-inf")])
def test_number_has_to_be_finite(value):
    (problem,) = problems(Annotated[float, Field(gt=0)], value)
    assert problem.message.startswith("expected a finite number greater than 0, found ")


def test_number_anywhere_has_to_be_finite():
    (problem,) = problems(Any, {"deep": [1, NAN]})
    assert problem.path == ("value", "deep", 1)
    assert problem.message == "expected a finite number, found .nan"


def test_unknown_key_names_the_nearest():
    adapter = TypeAdapter(Layer)
    with pytest.raises(InvalidValues) as caught:
        validated(adapter, {"width": 1, "widht": 2})
    (problem,) = caught.value.problems
    assert problem == Problem(("widht",), "no such key 'widht'", "did you mean 'width'?", "R004")


@pytest.mark.parametrize(
    ("model", "hint"), [(Layer, "known: width"), (Strict, "nothing can be set here")]
)
def test_unknown_key_without_a_near_one_lists_what_there_is(model, hint):
    found = problems(model, {"xyz": 2})
    unknown = next(problem for problem in found if problem.identifier == "R004")
    assert unknown == Problem(("value", "xyz"), "no such key 'xyz'", hint, "R004")


def test_missing_key_says_what_is_expected():
    (problem,) = problems(Layer, {})
    hint = "expected an integer of at least 1"
    assert problem == Problem(("value", "width"), "'width' is missing", hint, "R010")


def test_all_problems_come_at_once():
    found = problems(list[Layer], [{"width": 0}, {}, {"width": 1, "depth": NAN}, 3])
    assert {problem.path for problem in found} == {
        ("value", 0, "width"),
        ("value", 1, "width"),
        ("value", 2, "depth"),
        ("value", 3),
    }


def test_refused_value_is_reported_once():
    assert len(problems(int, NAN)) == 1


def test_union_reports_the_member_that_got_furthest():
    (problem,) = problems(str | Layer, {"width": "1"})
    assert problem.path == ("value", "width")
    assert problem.hint == "remove the quotes"


def test_union_names_all_members():
    (problem,) = problems(tuple[int, int] | int, "x")
    assert problem.message == "expected a list of 2 integers or an integer, found 'x'"


def test_long_value_is_cut():
    (problem,) = problems(int, list(range(1000)))
    assert len(problem.message) < 100


def refuse(_value):
    raise ValueError("no luck with this one")


def refuse_with_identifier(_value):
    raise PydanticCustomError("R013", "not a name", {"hint": "write another"})


def test_validator_chooses_its_words():
    (problem,) = problems(Annotated[str, AfterValidator(refuse)], "x")
    assert problem == Problem(("value",), "no luck with this one")


def test_validator_chooses_its_identifier():
    (problem,) = problems(Annotated[str, AfterValidator(refuse_with_identifier)], "x")
    assert problem == Problem(("value",), "not a name", "write another", "R013")


def test_wrong_key_of_a_mapping_is_named():
    named = dict[Annotated[str, Field(pattern="^[a-z]+$")], Layer]
    found = problems(named, {"UP": {"width": 1}, "low": {"width": 1}})
    assert found == (Problem(("value", "UP"), "'UP' cannot be a key here", "keys match ^[a-z]+$"),)


def test_wrong_key_is_reported_beside_what_is_below_it():
    named = dict[Annotated[str, AfterValidator(refuse_with_identifier)], Layer]
    found = problems(named, {"x": {"width": 0}})
    assert [problem.path for problem in found] == [("value", "x"), ("value", "x", "width")]


def test_exception_reads_without_its_problems():
    with pytest.raises(InvalidValues, match=r"value\.0: expected an integer, found 'a'"):
        check(list[int], ["a"])
