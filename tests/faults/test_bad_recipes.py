"""Every way to get a recipe wrong, as a table of files.

Beside `bad_recipes/NNN-slug.yaml` stands `NNN-slug.expect` with one fault per line, all of them, in
order: identifier, `line:column` (`file:line:column` in an extended file, `-` where there is none),
and a part of the message.
"""

from pathlib import Path

import pytest

from framework.application import check
from framework.errors import Fault, Position, RecipeError

FOLDER = Path(__file__).parent / "bad_recipes"
EXPECTATIONS = sorted(FOLDER.rglob("*.expect"))


@pytest.mark.parametrize("expectation", EXPECTATIONS, ids=lambda path: path.stem)
def test_bad_recipe_is_refused_with_all_its_faults(expectation, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = expectation.with_suffix(".yaml")
    with pytest.raises(RecipeError) as caught:
        check(recipe)
    assert caught.value.exit_code == 3
    assert "Traceback" not in str(caught.value)
    expected = [line.split(" ", 2) for line in expectation.read_text("utf-8").splitlines()]
    found = [(fault.identifier, place_of(fault, recipe)) for fault in caught.value.faults]
    assert found == [(identifier, place) for identifier, place, _ in expected]
    for fault, (_, _, fragment) in zip(caught.value.faults, expected, strict=True):
        assert fragment in str(fault)
    assert list(tmp_path.iterdir()) == []


def test_table_is_complete():
    assert len(EXPECTATIONS) == 156
    recipes = [path for path in FOLDER.rglob("*.yaml") if path.parent.name != "bases"]
    assert sorted(path.with_suffix(".expect") for path in recipes) == EXPECTATIONS


def test_recipe_behind_the_table_is_a_good_one():
    assert check(FOLDER / "bases" / "whole.yaml").num_parameters > 0


def place_of(fault: Fault, recipe: Path) -> str:
    if not isinstance(fault.place, Position):
        return str(fault.place or "-")
    place = f"{fault.place.line}:{fault.place.column}"
    file = Path(fault.place.file)
    return place if file == recipe else f"{file.relative_to(FOLDER)}:{place}"
