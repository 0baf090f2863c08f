"""Checkpoints that were cut off or changed: refused with an explanation, never loaded."""

import random
import shutil
from pathlib import Path

import pytest
from tiers import scaled

from framework.application import run
from framework.errors import CheckpointError
from framework.runs.directory import RunDirectory

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
NUM_DAMAGED = scaled(fast=100, default=400, push=1_000, nightly=100_000)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The directory of a run with two checkpoints."""
    return run(
        SUPPORT / "tiny.yaml",
        overrides=["training.num_epochs=2"],
        plugins=[SUPPORT / "tiny_images.py"],
        runs_directory=tmp_path_factory.mktemp("runs"),
        announce=lambda _: None,
    ).directory


def cut_off(data, rng):
    return data[: rng.randrange(len(data))]


def bit_flipped(data, rng):
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


@pytest.mark.parametrize("damaged", [cut_off, bit_flipped])
def test_damaged_checkpoint_is_never_loaded_silently(trained, tmp_path, damaged):
    shutil.copytree(trained, tmp_path / "run")
    store, rng = RunDirectory(tmp_path / "run"), random.Random(7)  # noqa: S311  nothing secret
    newest, previous = store.path / store.state.checkpoint.file, store.state.previous
    data, warnings = newest.read_bytes(), []
    newest.write_bytes(damaged(data, rng))
    assert store.load(warnings.append)["iteration"] == previous.iteration
    assert newest.name in warnings[0]
    store = RunDirectory(tmp_path / "run")
    store.update(previous=None)
    for _ in range(NUM_DAMAGED // 2):
        newest.write_bytes(damaged(data, rng))
        with pytest.raises(CheckpointError, match="C058"):
            store.load(pytest.fail)
