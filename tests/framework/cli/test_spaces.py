"""The space of a search is told in words that a recipe has."""

import json

import pytest

from framework.application import check
from framework.cli.spaces import dimensions_of, search_facts, space_document, space_rows
from framework.search_spaces import Dimension

DIMENSIONS = {
    "lr": Dimension(name="lr", low=1e-5, high=0.1, is_log=True),
    "width": Dimension(name="width", low=64, high=512, step=64, is_integer=True),
    "depth": Dimension(name="depth", low=1, high=3, step=1, is_integer=True),
    "kind": Dimension(name="kind", choices=("adam", None, 3)),
}


def test_rows_have_ends_and_choices():
    assert space_rows(DIMENSIONS) == [
        ["lr", "1e-05 to 0.1, log"],
        ["width", "64 to 512, steps of 64"],
        ["depth", "1 to 3"],
        ["kind", "'adam', null, 3"],
    ]


def test_document_is_plain():
    lr, _, _, kind = json.loads(json.dumps(space_document(DIMENSIONS)))
    assert lr == {
        "name": "lr", "low": 1e-5, "high": 0.1, "step": None, "log": True, "integer": False,
    }  # fmt: skip
    assert kind == {"name": "kind", "choices": ["adam", None, 3]}


@pytest.mark.parametrize(
    ("changes", "objective"),
    [
        ([], "minimize validation/loss"),
        (
            [
                "search.objective=null",
                "search.pruner=null",
                "search.objectives={a: {minimize: [{metric: validation/loss}, "
                "{cost: minutes, weight: 1e-5}]}, b: {maximize: [{metric: validation/psnr}]}}",
            ],
            "minimize validation/loss + 1e-05 x minutes; maximize validation/psnr",
        ),
    ],
)
def test_facts_tell_what_is_sought(changes, objective):
    plan = check("fashion_mnist/search", overrides=changes)
    facts = search_facts(plan, len(dimensions_of(plan)))
    ending = "" if changes else ", ended early by median"
    assert facts == {
        "search": f"20 trials of 3 values, drawn by tpe{ending}",
        "objective": objective,
    }


def test_recipe_without_a_search_has_neither():
    plan = check("quickstart")
    assert (dimensions_of(plan), search_facts(plan, 0)) == ({}, {})
