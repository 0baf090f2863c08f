"""A trained run for whatever uses one."""

import shutil
import sys
from pathlib import Path

import pytest

from framework.application import run
from framework.runs.loading import load_run

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))  # a test module cannot import another one

from hand_built_search import make_search  # noqa: E402


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The directory of a run whose task offers operations of every kind; not to be changed."""
    record = run(
        SUPPORT / "tiny_operations.yaml",
        plugins=[SUPPORT / "tiny_images.py", SUPPORT / "tiny_operations.py"],
        runs_directory=tmp_path_factory.mktemp("trained"),
        device="cpu",
        announce=[].append,
    )
    return record.directory


@pytest.fixture(scope="session")
def loaded(trained):
    """The same run, loaded."""
    return load_run(trained, device="cpu")


@pytest.fixture(scope="session")
def _search(tmp_path_factory):
    return make_search(tmp_path_factory.mktemp("searches") / "tiny")


@pytest.fixture
def hand_built(_search, tmp_path):
    """The directory of a search made by hand: see `hand_built_search.TRIALS`."""
    return Path(shutil.copytree(_search, tmp_path / "tiny" / _search.name))
