"""The JSON Schema of recipes takes what is shipped, and refuses what a schema can see is wrong."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from framework.discovery import discover
from framework.recipe.json_schema import recipe_json_schema
from framework.recipe.loading import load_document
from framework.recipe.shipped import SCHEMA_LINE, shipped_recipes

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "recipes" / "schema.json"
BAD_RECIPES = sorted((ROOT / "tests" / "faults" / "bad_recipes").glob("*.yaml"))
SEEN = ("R002", "R004", "R005", "R006", "R012", "R013", "R023", "R024")
"""Kinds of faults that a schema can see, but for single recipes."""
UNSEEN = {
    "054-fraction-for-integer": "to JSON Schema 1.0 is an integer",
    "061-underscore-in-number": "read by another parser",
    "070-nan": "JSON has no NaN, so a schema cannot forbid it",
    "071-infinity": "nor infinities",
    "076-zero-epochs": "0 epochs are right for some tasks",
    "111-name-of-a-device": "beyond a pattern",
    "113-name-with-last-dot": "beyond a pattern",
    "133-fault-inherited": "stands in the recipe that is extended",
    "159-unknown-monitor": "names of metrics depend on the task",
    "193-scheduler-monitors-nothing": "names of metrics depend on the task",
    "214-scheduled-value-out-of-range": "the range is that of another key",
    "243-seed-twice": "compared with each other",
    "254-search-at-unknown-places": "places are found in the recipe itself",
    "259-objective-never-measured": "names of metrics depend on the task",
    "261-condition-missing-for-momentum": "compared with each other",
}


@pytest.fixture(scope="module")
def schema():
    return recipe_json_schema(discover(), pytest.fail)


@pytest.fixture(scope="module")
def validator(schema):
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def read(path):
    """A recipe as editors read it: as it stands, by an ordinary parser."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml.load(path)


@pytest.mark.slow
def test_shipped_schema_is_this_one(schema):
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert shipped == schema, "write it again: make schema"


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipe_is_valid_and_names_its_schema(name, validator):
    path = shipped_recipes()[name]
    assert [error.message for error in validator.iter_errors(read(path))] == []
    assert [error.message for error in validator.iter_errors(load_document(path).values)] == []
    (named,) = SCHEMA_LINE.findall(path.read_text(encoding="utf-8"))
    assert (path.parent / named).resolve() == SHIPPED


@pytest.mark.slow
def test_bad_recipes_are_refused_where_a_schema_can_see_why(validator):
    accepted, num_refused = set(), 0
    for path in BAD_RECIPES:
        if path.with_suffix(".expect").read_text(encoding="utf-8")[:4] not in SEEN:
            continue
        try:
            values = json.loads(json.dumps(read(path)))
        except (YAMLError, UnicodeDecodeError, TypeError):  # refused before it is validated
            continue
        if validator.is_valid(values):
            accepted.add(path.stem)
        else:
            num_refused += 1
    assert accepted <= UNSEEN.keys()
    assert num_refused >= 50


def whole(**changes):
    networks = {"encoder": "conv_encoder", "decoder": "mirrored_decoder"}
    given = {"dataset": "digits", "networks": networks, "task": "reconstruction", "loss": "mse"}
    given |= {"optimizer": "adam", "training": {"num_epochs": 1}}
    return {key: value for key, value in (given | changes).items() if value != "absent"}


@pytest.mark.parametrize(
    ("changes", "is_valid"),
    [
        ({}, True),
        ({"dataset": "absent"}, False),
        ({"dataset": "absent", "extends": "quickstart"}, True),
        ({"dataset": {"size": 16}, "extends": "quickstart"}, True),
        ({"dataset": {"size": 0}, "extends": "quickstart"}, False),
        ({"early_stopping": None}, True),
        ({"training": {"num_epochs": "1"}}, False),
        ({"loss": "torch:mse"}, False),
        ({"loss": "autoencoders:mse"}, True),
        ({"loss": {"type": "iterative_reconstruction", "base": {"type": "bce"}}}, True),
        ({"loss": {"type": "iterative_reconstruction", "base": {"type": "bse"}}}, False),
        ({"task": "denoising"}, False),
        ({"task": {"type": "denoising", "corruptions": ["blur"]}}, True),
        ({"task": {"type": "denoising", "corruptions": []}}, False),
        ({"networks": {"encoder": {"from": "mnist/basic", "freeze": True}}}, True),
        ({"networks": {"encoder": {"from": "mnist/basic", "freeze": 1}}}, False),
        ({"networks": {"decoder": {"type": "mirrored_decoder", "encoder": "other"}}}, True),
        ({"metrics": ["mse", {"type": "psnr"}, "mze"]}, False),
    ],
)
def test_components_are_checked_with_their_parameters(validator, changes, is_valid):
    assert validator.is_valid(whole(**changes)) == is_valid


def test_keys_have_the_words_of_the_docstrings(schema):
    definitions = schema["$defs"]
    assert "share" in definitions["Validation"]["properties"]["fraction"]["description"]
    adam = definitions["optimizer.torch:adam"]["properties"]
    assert all(adam[name]["description"] for name in adam)


def test_component_that_cannot_be_described_is_told_and_left_out(tmp_path):
    plugin = tmp_path / "broken.py"
    plugin.write_text(
        "from framework import hookimpl\n@hookimpl\n"
        'def provide_losses():\n    return {"gone": "no_such_module:Loss"}\n'
    )
    told = []
    definitions = recipe_json_schema(discover([plugin], with_installed=False), told.append)["$defs"]
    assert "no_such_module" in told[0]
    assert definitions["loss"] == {"not": {}}
