"""Names that become folders."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.recipe.names import default_name, is_name
from framework.recipe.shipped import shipped_recipes

ROOT = Path("/runs")


@pytest.mark.parametrize(
    "name", ["a", "7", "mnist-basic", "A.b_c-d", "x" * 64, "con1", "a-", "icon"]
)
def test_good_names(name):
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../x", "/x", "a/b", "a\\b", "a\0", "a\n", "a b", "-a", "_a", ".a", "a.",
     "é", "x" * 65, "x" * 300, "con", "CON", "nul.txt", "com1", "LPT9.a", "~", "C:"],
)  # fmt: skip
def test_bad_names(name):
    assert not is_name(name)


@pytest.mark.slow
@given(st.text(max_size=70))
def test_run_directory_stays_inside_its_root(name):
    if is_name(name):
        assert (ROOT / name).resolve().parent == ROOT


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mine.yaml", "mine"),
        ("some/where/My Recipe (2).yaml", "My-Recipe-2-"),
        ("v1.2.yaml", "v1.2"),
        (".hidden.yaml", "hidden"),
        ("con.yaml", "recipe-con"),
        ("é.yaml", "recipe"),
        ("x" * 100 + ".yaml", "x" * 64),
    ],
)
def test_default_name_is_the_file(file, name):
    assert default_name(Path(file)) == name


def test_default_name_of_a_shipped_recipe_has_its_folder():
    assert default_name(shipped_recipes()["mnist/basic"]) == "mnist-basic"
    assert default_name(shipped_recipes()["quickstart"]) == "quickstart"


@given(st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=100))
def test_default_name_is_always_a_name(stem):
    assert is_name(default_name(Path(f"{stem}.yaml")))
