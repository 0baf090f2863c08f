"""Values are laid over a recipe as the command line would lay them."""

import pytest

from framework.errors import RecipeError
from framework.recipe.loading import load_document
from framework.recipe.overlays import overlaid, value_at, with_keys

RECIPE = """\
optimizer: {type: adam, lr: 0.1}
task: reconstruction
groups: [{amount: 0.1}, {amount: 0.2}]
seeds: [1, 2]
"""


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return load_document(path)


@pytest.mark.parametrize(
    ("values", "key", "expected"),
    [
        ({"optimizer.lr": 0.5}, "optimizer", {"type": "adam", "lr": 0.5}),
        (
            {"optimizer.lr": 0.5, "optimizer": {"type": "sgd", "momentum": 0.9}},
            "optimizer",
            {"type": "sgd", "momentum": 0.9, "lr": 0.5},
        ),
        ({"optimizer": "adam"}, "optimizer", {"type": "adam", "lr": 0.1}),
        ({"task.chain": ["a"]}, "task", {"type": "reconstruction", "chain": ["a"]}),
        ({"groups.1.amount": 0.4}, "groups", [{"amount": 0.1}, {"amount": 0.4}]),
        ({"optimizer.lr": None}, "optimizer", {"type": "adam"}),
    ],
)
def test_values_merge_as_overrides_do(document, values, key, expected):
    assert overlaid(document, values).values[key] == expected
    assert document.values["optimizer"] == {"type": "adam", "lr": 0.1}


def test_place_of_a_value_is_what_one_would_type(document):
    assert (
        overlaid(document, {"optimizer.lr": 0.5}).place(("optimizer", "lr")) == "optimizer.lr=0.5"
    )


def test_value_where_nothing_can_stand_is_refused(document):
    with pytest.raises(RecipeError, match="no such item '7'"):
        overlaid(document, {"groups.7.amount": 0.1})


def test_keys_are_replaced_as_a_whole(document):
    changed = with_keys(document, seeds=None, optimizer={"type": "sgd"}, seed=3).values
    assert "seeds" not in changed
    assert (changed["optimizer"], changed["seed"]) == ({"type": "sgd"}, 3)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("optimizer.lr", 0.1),
        ("task.type", "reconstruction"),
        ("groups.1.amount", 0.2),
        ("groups.2.amount", None),
        ("optimizer.lr.type", None),
        ("nothing.at.all", None),
    ],
)
def test_value_is_found_at_its_place(document, key, expected):
    assert value_at(document.values, key) == expected
