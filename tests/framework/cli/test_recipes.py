import json
import os
from pathlib import Path

import pytest

from framework.cli.main import main
from framework.recipe.loading import load_document
from framework.recipe.shipped import shipped_recipes


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_list_names_and_describes_every_recipe(capsys):
    assert main(["recipes", "list"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["recipe", "description"]
    assert [line.split()[0] for line in lines] == list(shipped_recipes())
    assert all(len(line.split()) > 3 for line in lines)


def test_list_is_json(capsys):
    assert main(["recipes", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["recipes"]
    assert [recipe["name"] for recipe in found] == list(shipped_recipes())
    assert all(recipe["description"] for recipe in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(shipped_recipes()))
def test_copy_reads_as_the_recipe_does(name, capsys):
    assert main(["recipes", "copy", name, "deep/mine.yaml"]) == 0
    assert "framework run deep/mine.yaml" in capsys.readouterr().out
    assert load_document("deep/mine.yaml").values == load_document(name).values


def test_copy_goes_to_the_current_folder_or_the_one_named(capsys):
    Path("folder").mkdir()
    assert main(["recipes", "copy", "mnist/basic"]) == 0
    assert main(["recipes", "copy", "mnist/basic.yaml", "folder", "--json"]) == 0
    assert Path("basic.yaml").is_file()
    assert Path("folder/basic.yaml").is_file()
    text, _, document = capsys.readouterr().out.partition("\n")
    assert text == "copied to basic.yaml; train it with: framework run basic.yaml"
    assert json.loads(document) == {"recipe": "folder/basic.yaml"}


def test_copy_overwrites_nothing(capsys):
    Path("quickstart.yaml").write_text("mine")
    assert main(["recipes", "copy", "quickstart"]) == 7
    assert Path("quickstart.yaml").read_text() == "mine"
    assert capsys.readouterr().err == (
        "quickstart.yaml: error: the file exists already; choose another name [S053]\n"
    )


def test_copy_of_an_unknown_recipe_names_the_nearest(capsys):
    assert main(["recipes", "copy", "mnist/basik"]) == 2
    assert capsys.readouterr().err == (
        "error: no shipped recipe 'mnist/basik'; did you mean 'mnist/basic'? [U003]\n"
    )


def test_copy_into_a_file_is_a_storage_error(capsys):
    Path("file").write_text("")
    assert main(["recipes", "copy", "quickstart", "file/mine.yaml"]) == 7
    assert "[S051]" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_copy_into_a_closed_folder_is_a_storage_error(here, capsys):
    here.chmod(0o500)
    assert main(["recipes", "copy", "quickstart"]) == 7
    assert "permission denied" in capsys.readouterr().err
