"""A trained run for whatever uses one."""

from pathlib import Path

import pytest

from framework.application import run
from framework.runs.loading import load_run

SUPPORT = Path(__file__).parents[1] / "support"


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
