"""The recipes that come with the framework."""

from pathlib import Path

from framework.recipe import shipped
from framework.recipe.shipped import shipped_name, shipped_recipes

RECIPES = Path(__file__).parents[3] / "recipes"


def test_recipes_of_the_checkout_are_found_by_name():
    found = shipped_recipes()
    assert found["quickstart"] == RECIPES / "quickstart.yaml"
    assert found["mnist/basic"] == RECIPES / "mnist" / "basic.yaml"
    assert list(found) == sorted(found)
    assert len(found) == len(list(RECIPES.rglob("*.yaml")))


def test_recipes_inside_the_package_come_first(tmp_path, monkeypatch):
    folder = tmp_path / "framework" / "shipped_recipes" / "nested"
    folder.mkdir(parents=True)
    (folder / "one.yaml").touch()
    (folder / "notes.txt").touch()
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "framework")
    assert shipped_recipes() == {"nested/one": folder / "one.yaml"}


def test_no_recipes_are_no_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "framework")
    assert shipped_recipes() == {}


def test_name_of_a_shipped_file_is_known_however_it_is_written(monkeypatch):
    monkeypatch.chdir(RECIPES / "mnist")
    assert shipped_name(Path("../mnist/basic.yaml")) == "mnist/basic"


def test_other_files_have_no_shipped_name(tmp_path):
    assert shipped_name(tmp_path / "basic.yaml") is None
