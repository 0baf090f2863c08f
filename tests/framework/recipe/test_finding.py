"""From what was typed to a file."""

import os
from pathlib import Path

import pytest

from framework.errors import RecipeError
from framework.recipe.finding import contents_of, find_recipe

RECIPES = Path(__file__).parents[3] / "recipes"


def fault_of(recipe) -> str:
    with pytest.raises(RecipeError) as caught:
        find_recipe(recipe)
    return str(caught.value)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_file_is_found_as_it_is_written():
    Path("mine.yaml").touch()
    assert find_recipe("mine.yaml") == Path("mine.yaml")
    assert find_recipe(Path("mine.yaml").absolute()) == Path("mine.yaml").absolute()


@pytest.mark.parametrize("name", ["mnist/basic", "mnist/basic.yaml"])
def test_shipped_recipe_is_found_by_name(name):
    assert find_recipe(name) == RECIPES / "mnist" / "basic.yaml"


def test_shipped_recipe_is_written_from_the_current_directory(monkeypatch):
    monkeypatch.chdir(RECIPES.parent)
    assert find_recipe("mnist/basic") == Path("recipes/mnist/basic.yaml")


def test_file_comes_before_a_shipped_recipe_of_its_name(elsewhere):
    (elsewhere / "quickstart").write_text("", encoding="utf-8")
    assert find_recipe("quickstart") == Path("quickstart")


def test_shipped_recipe_comes_before_a_directory_of_its_name(elsewhere):
    (elsewhere / "quickstart").mkdir()
    assert find_recipe("quickstart") == RECIPES / "quickstart.yaml"


def test_missing_recipe_names_the_nearest():
    assert fault_of("mnist/basik") == (
        "mnist/basik: error: no such recipe 'mnist/basik'; did you mean 'mnist/basic'? [R025]"
    )


def test_missing_recipe_that_resembles_none_names_all():
    fault = fault_of("zzz.yaml")
    assert "no such recipe 'zzz.yaml'; shipped recipes: " in fault
    assert "quickstart" in fault


def test_directory_is_no_recipe(elsewhere):
    folder = elsewhere / "some"
    folder.mkdir()
    (folder / "one.yaml").touch()
    assert fault_of("some") == (
        "some: error: 'some' is a directory, not a recipe; it holds some/one.yaml [R025]"
    )


def test_pipe_is_no_recipe(elsewhere):
    os.mkfifo(elsewhere / "pipe")
    assert fault_of("pipe") == "pipe: error: 'pipe' is not a regular file [R025]"


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", ""])
def test_impossible_name_is_a_fault(name):
    assert fault_of(name).endswith("[R025]")


def test_link_to_itself_is_a_fault(elsewhere):
    (elsewhere / "loop.yaml").symlink_to("loop.yaml")
    assert "no such recipe 'loop.yaml'" in fault_of("loop.yaml")


def test_contents_of_a_directory_are_a_fault(elsewhere):
    with pytest.raises(RecipeError, match=r"the recipe cannot be read: Is a directory \[R025\]"):
        contents_of(elsewhere, at_most=10)


def test_contents_are_limited(elsewhere):
    file = elsewhere / "long.yaml"
    file.write_bytes(b"x" * 11)
    with pytest.raises(RecipeError, match=r"long.yaml: error: a recipe holds at most 10 bytes"):
        contents_of(file, at_most=10)
    assert contents_of(file, at_most=11) == b"x" * 11
