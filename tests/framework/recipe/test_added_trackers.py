import pytest

from framework.recipe.added_trackers import with_trackers
from framework.recipe.loading import load_document


def document(tmp_path, text):
    file = tmp_path / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    return load_document(file)


def test_trackers_come_after_those_of_the_recipe(tmp_path):
    read = document(tmp_path, "trackers: [{type: tensorboard, gradient_norm: false}]\n")
    found = with_trackers(read, ["wandb"])
    expected = [{"type": "tensorboard", "gradient_norm": False}, "wandb"]
    assert found.values["trackers"] == expected
    assert read.values["trackers"] == expected[:1]
    assert found.place(("trackers", 1, "type")) == "--track wandb"


@pytest.mark.parametrize("written", ["", "trackers: null\n", "trackers: []\n"])
def test_a_recipe_without_trackers_gets_some(tmp_path, written):
    found = with_trackers(document(tmp_path, f"seed: 0\n{written}"), ["wandb", "tensorboard"])
    assert found.values["trackers"] == ["wandb", "tensorboard"]


@pytest.mark.parametrize("written", ["[wandb]", "[{type: wandb}]"])
def test_a_tracker_that_is_there_keeps_its_parameters(tmp_path, written):
    read = document(tmp_path, f"trackers: {written}\n")
    assert with_trackers(read, ["wandb"]).values == read.values


def test_a_tracker_named_twice_is_added_once(tmp_path):
    found = with_trackers(document(tmp_path, "seed: 0\n"), ["wandb", "wandb"])
    assert found.values["trackers"] == ["wandb"]


def test_what_is_no_list_is_left_for_the_schema_to_refuse(tmp_path):
    read = document(tmp_path, "trackers: wandb\n")
    assert with_trackers(read, ["tensorboard"]) is read


def test_nothing_is_added_where_nothing_is_named(tmp_path):
    read = document(tmp_path, "seed: 0\n")
    assert with_trackers(read, []) is read
