"""Chains of recipes."""

from pathlib import Path

import pytest

from framework.errors import Position, RecipeError
from framework.recipe.loading import load_document

RECIPES = Path(__file__).parents[3] / "recipes"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**texts):
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def fault_of(recipe) -> str:
    with pytest.raises(RecipeError) as caught:
        load_document(recipe)
    return str(caught.value)


def test_recipe_is_laid_over_what_it_extends():
    write(
        a="extends: b.yaml\nseed: 1\ntraining: {batch_size: 2}\nloss: bce\n",
        b="extends: c.yaml\nseed: 2\nloss: {type: mse, x: 1}\n",
        c="seed: 3\ntraining: {num_epochs: 3}\nname: c\n",
    )
    document = load_document("a.yaml")
    assert document.values == {
        "seed": 1,
        "training": {"num_epochs": 3, "batch_size": 2},
        "name": "c",
        "loss": {"type": "bce"},
    }
    assert document.chain == (Path("a.yaml"), Path("b.yaml"), Path("c.yaml"))
    assert document.place(("training", "num_epochs")) == Position("c.yaml", 2, 24)
    assert document.place(("training", "batch_size")) == Position("a.yaml", 3, 24)


def test_path_counts_from_the_extending_file(folder):
    (folder / "x").mkdir()
    (folder / "y").mkdir()
    (folder / "x" / "a.yaml").write_text("extends: ../y/b.yaml\n", encoding="utf-8")
    (folder / "y" / "b.yaml").write_text("extends: c.yaml\n", encoding="utf-8")
    (folder / "y" / "c.yaml").write_text("seed: 4\n", encoding="utf-8")
    document = load_document("x/a.yaml")
    assert document.values == {"seed": 4}
    assert document.chain == (Path("x/a.yaml"), Path("y/b.yaml"), Path("y/c.yaml"))
    assert load_document(folder / "x" / "a.yaml").values == {"seed": 4}


def test_path_through_a_linked_folder_leads_where_the_system_says(folder):
    (folder / "far" / "x").mkdir(parents=True)
    (folder / "x").symlink_to(folder / "far" / "x")
    (folder / "far" / "x" / "a.yaml").write_text("extends: ../b.yaml\n", encoding="utf-8")
    write(b="seed: 1\n")
    (folder / "far" / "b.yaml").write_text("seed: 2\n", encoding="utf-8")
    assert load_document("x/a.yaml").values == {"seed": 2}


def test_shipped_recipe_is_extended_by_name():
    write(a="extends: mnist/basic\nseed: 7\n")
    document = load_document("a.yaml")
    assert document.values["seed"] == 7
    assert document.values["dataset"] == "mnist"
    assert document.chain[1] == RECIPES / "mnist" / "basic.yaml"


def test_absolute_path_is_extended(folder):
    write(a=f"extends: {folder / 'b.yaml'}\n", b="seed: 1\n")
    assert load_document("a.yaml").values == {"seed": 1}


def test_extends_null_extends_nothing():
    write(a="extends: null\nseed: 1\n")
    assert load_document("a.yaml").values == {"seed": 1}


def test_recipe_that_extends_itself_is_refused():
    write(a="seed: 1\nextends: a.yaml\n")
    assert fault_of("a.yaml") == (
        "a.yaml:2:10: error: extends: a recipe extends itself: a.yaml -> a.yaml [R014]"
    )


def test_circle_is_printed(folder):
    write(a="extends: b.yaml\n", b=f"extends: {folder / 'a.yaml'}\n")
    assert fault_of("a.yaml") == (
        "b.yaml:1:10: error: extends: a recipe extends itself: "
        f"a.yaml -> b.yaml -> {folder / 'a.yaml'} [R014]"
    )


def test_chain_of_eight_is_read_and_no_more():
    write(**{f"r{n}": f"extends: r{n + 1}.yaml\n" for n in range(1, 9)}, r9="seed: 1\n")
    assert load_document("r2.yaml").values == {"seed": 1}
    assert fault_of("r1.yaml") == (
        "r8.yaml:1:10: error: extends: more than 8 recipes extend each other: r1.yaml -> r2.yaml "
        "-> r3.yaml -> r4.yaml -> r5.yaml -> r6.yaml -> r7.yaml -> r8.yaml -> r9.yaml [R014]"
    )


def test_missing_recipe_is_named_with_its_chain():
    write(a="extends: mnist/basik\n")
    assert fault_of("a.yaml") == (
        "a.yaml:1:10: error: extends: no such recipe 'mnist/basik' (a.yaml -> mnist/basik); "
        "did you mean 'mnist/basic'? [R014]"
    )


def test_url_is_refused():
    write(a="extends: https://example.org/a.yaml\n")
    assert fault_of("a.yaml") == (
        "a.yaml:1:10: error: extends: 'https://example.org/a.yaml' is a URL; "
        "download it and name the file [R014]"
    )


@pytest.mark.parametrize("value", ["[a.yaml, b.yaml]", "5", "{a: b}"])
def test_anything_but_one_name_is_refused(value):
    write(a=f"extends: {value}\n")
    assert "extends: expected one file or shipped recipe, found " in fault_of("a.yaml")


def test_fault_of_an_extended_file_is_placed_there():
    write(a="extends: b.yaml\n", b="x: [\n")
    assert fault_of("a.yaml").startswith("b.yaml:1:5: error: not valid YAML")


def test_all_bad_merges_of_the_chain_come_at_once():
    write(a="extends: b.yaml\nx: 1\ny: [2]\n", b="x: {z: 1}\ny: {z: 1}\n")
    assert fault_of("a.yaml").splitlines() == [
        "a.yaml:2:4: error: x: 1 cannot be merged with a mapping, which stands at "
        "b.yaml:1:4 [R015]",
        "a.yaml:3:4: error: y: a list cannot be merged with a mapping, which stands at "
        "b.yaml:2:4 [R015]",
    ]
