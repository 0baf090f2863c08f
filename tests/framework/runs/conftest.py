"""The tiny recipe of tests/support, planned or carried out, for runs that have parts."""

import sys
from pathlib import Path

import pytest

from framework.application import check, run
from framework.discovery import discover
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.carry_out import carry_out, continue_run
from framework.runs.options import Options

SUPPORT = Path(__file__).parents[2] / "support"
sys.path.insert(0, str(SUPPORT))  # a test module cannot import another one
SHORT = ("training={num_epochs: 2, batch_size: 64}", "early_stopping=null", "checkpointing=null")


@pytest.fixture(scope="session")
def planned():
    """Plans the tiny recipe with some changes."""

    def planned(*overrides, recipe="tiny.yaml"):
        plugins = [SUPPORT / "tiny_images.py"]
        return check(SUPPORT / recipe, overrides=[*SHORT, *overrides], plugins=plugins)

    return planned


@pytest.fixture(scope="session")
def carried_out_in():
    """Carries the tiny recipe out, with some changes, below a folder."""

    def carried_out_in(folder, *overrides, recipe="tiny.yaml", plugins=(), **options):
        given = {"announce": lambda _: None, "warn": pytest.fail, "device": "cpu"} | options
        return run(
            SUPPORT / recipe,
            overrides=[*SHORT, *overrides],
            plugins=[SUPPORT / "tiny_images.py", *plugins],
            runs_directory=folder,
            **given,
        )

    return carried_out_in


@pytest.fixture
def recipe(tmp_path):
    """Writes the tiny recipe with some keys of its own to a file in the temporary folder."""

    def recipe(file, **lines):
        given = {
            "extends": SUPPORT / "tiny.yaml",
            "name": file.removesuffix(".yaml"),
            "training": "{num_epochs: 2, batch_size: 64}",
            "early_stopping": "null",
            "checkpointing": "null",
            "figures": "[]",
        } | lines
        path = tmp_path / file
        path.write_text("".join(f"{key}: {value}\n" for key, value in given.items()))
        return path

    return recipe


@pytest.fixture
def planned_from():
    """Plans a recipe, or what a run directory's recipe has become."""

    def planned_from(path, *overrides, plugin_files=(), is_begun=False):
        document = load_document(path, overrides)
        registry = discover([SUPPORT / "tiny_images.py", *plugin_files])
        return make_plan(read_recipe(document), document, registry, is_begun=is_begun)

    return planned_from


@pytest.fixture
def carried_out(planned_from, tmp_path):
    """Carries a recipe out below `runs` in the temporary folder, without a report."""

    def carried_out(path, *overrides, plugin_files=(), **options):
        given = {"announce": [].append, "warn": pytest.fail, "device": "cpu"} | options
        plan, dataset = planned_from(path, *overrides, plugin_files=plugin_files)
        given["plugin_files"] = [SUPPORT / "tiny_images.py", *plugin_files]
        return carry_out(plan, dataset, Options(runs_directory=tmp_path / "runs", **given))

    return carried_out


@pytest.fixture
def continued(planned_from):
    """Continues a run directory."""

    def continued(path, **options):
        given = {"announce": [].append, "warn": pytest.fail, "device": "cpu"} | options
        plan, dataset = planned_from(path / "resolved.yaml", is_begun=True)
        return continue_run(path, plan, dataset, Options(**given))

    return continued


@pytest.fixture(scope="session")
def support():
    """The folder of what tests share."""
    return SUPPORT
