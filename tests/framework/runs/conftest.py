"""The tiny recipe of tests/support, planned or carried out, for runs that have parts."""

import sys
from pathlib import Path

import pytest

from framework.application import check, run

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
