"""The block `search` says what is drawn and what is sought, and nothing that contradicts itself."""

import pytest
from pydantic import TypeAdapter

from framework.recipe.component_specs import ComponentSpec
from framework.recipe.search_block import Choices, Objective, Range, Search, Term
from framework.validation import InvalidValues, validated


def test_defaults_are_a_search_for_the_smallest_validation_loss():
    search = read({"a.b": {"low": 1, "high": 2}})
    assert search.sampler == ComponentSpec(type="tpe")
    assert search.sought == {"objective": Objective(minimize=(Term(metric="validation/loss"),))}
    assert (search.pruner, search.storage, search.max_retries) == (None, None, 3)
    assert search.max_infeasible_draws == 50


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"low": 1, "high": 9}, Range(low=1, high=9)),
        ({"choices": [None, 5]}, Choices(choices=(None, 5))),
        ({"type": "layers", "low": 3}, ComponentSpec(type="layers", parameters={"low": 3})),
        ("layers", ComponentSpec(type="layers")),
    ],
)
def test_keys_tell_what_an_entry_is(entry, expected):
    assert read({"a": entry}).space["a"] == expected


@pytest.mark.parametrize(
    ("written", "is_integer"),
    [
        ({"low": 1, "high": 9}, True),
        ({"low": 1.0, "high": 9}, False),
        ({"low": 1, "high": 9, "step": 2}, True),
        ({"low": 1, "high": 2, "step": 0.25}, False),
    ],
)
def test_whole_numbers_are_drawn_where_whole_numbers_are_written(written, is_integer):
    assert read({"a": written}).space["a"].is_integer is is_integer


def test_choices_have_keys_that_stay_the_same():
    choices = [
        {"type": "adam"},
        {"type": "sgd", "momentum": 0.9},
        {"type": "sgd"},
        None,
        3,
        "x",
        [1, 2],
    ]
    assert list(read({"a": {"choices": choices}}).space["a"].by_key) == [
        "adam",
        '{"momentum": 0.9, "type": "sgd"}',
        '{"type": "sgd"}',
        None,
        3,
        "x",
        "[1, 2]",
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"low": 2, "high": 2}, "expected low to be less than high, found 2 to 2"),
        ({"low": 0.0, "high": 1.0, "log": True}, "a logarithm needs numbers above 0, found 0.0"),
        ({"low": 1, "high": 9, "log": True, "step": 2}, "log and step cannot be combined"),
        ({"low": 1, "high": 9, "step": 3}, "steps of 3 from 1 do not reach 9"),
        ({"low": 1, "high": True}, "expected a number, found true"),
        ({"low": 1}, "'high' is missing"),
        ({"choices": [1]}, "expected at least two choices, found 1"),
        ({"choices": [1, True]}, "true stands there twice"),
        ({"choices": [1, 2], "low": 1}, "no such key 'low'"),
        (3, "expected a mapping or a string, found 3"),
    ],
)
def test_entry_that_cannot_be_drawn_is_refused(entry, message):
    with pytest.raises(InvalidValues) as caught:
        read({"a": entry})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"space": {}}, "expected something to draw, found nothing"),
        ({"num_trials": 0}, "expected an integer of at least 1, found 0"),
        ({"objective": {}}, "expected terms to minimize or to maximize, found neither"),
        (
            {"objective": {"minimize": [{"cost": "minutes"}], "maximize": [{"metric": "a"}]}},
            "found both",
        ),
        (
            {"objective": {"minimize": [{"metric": "a", "cost": "minutes"}]}},
            "expected one of metric, cost and parameter, found metric and cost",
        ),
        ({"objective": {"minimize": [{"weight": 2}]}}, "found none"),
        (
            {"objective": {"minimize": [{"metric": "a"}, {"metric": "a", "weight": 2}]}},
            "'a' is in the sum twice",
        ),
        ({"constraints": [{"metric": "a"}]}, "expected at_most or at_least, found neither"),
    ],
)
def test_search_without_an_aim_is_refused(more, message):
    with pytest.raises(InvalidValues) as caught:
        read(**{"space": {"a": {"low": 1, "high": 2}}} | more)
    assert message in str(caught.value)


def test_several_objectives_have_names_directions_and_terms():
    objectives = {
        "error": {"minimize": [{"metric": "validation/loss"}]},
        "sharpness": {"maximize": [{"metric": "validation/psnr", "weight": 2}]},
    }
    sought = read({"a": {"low": 1, "high": 2}}, objectives=objectives).sought
    assert [(n, o.direction, [t.name for t in o.terms]) for n, o in sought.items()] == [
        ("error", "minimize", ["validation/loss"]),
        ("sharpness", "maximize", ["validation/psnr"]),
    ]


def read(space, **more):
    return validated(TypeAdapter(Search), {"num_trials": 3, "space": space} | more)
