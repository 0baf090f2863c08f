"""A run of every release is kept: this framework shows it, answers with it and goes on with it.

For a new release: train `recipe.yaml` of the last one twice, the second time up to a SIGTERM in
epoch 2, and store both without log, lock and report, and without what names the machine.
"""

import shutil
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from framework import load_run
from framework.application import check, run
from framework.runs.records import read_run

RELEASES = sorted(path for path in Path(__file__).with_name("stored_runs").iterdir())
CLOSE = 1e-3  # other processors round otherwise


def ignore(_):
    pass


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request, tmp_path):
    """A copy of the runs of a release."""
    return Path(shutil.copytree(request.param, tmp_path / "release"))


def test_there_are_releases():
    assert [path.name for path in RELEASES] == ["0.1.0"]


def test_run_of_a_release_is_shown_and_answers_as_it_did(release):
    stored = run(release / "finished", announce=ignore, warn=ignore)
    assert stored.status == "finished"
    loaded = load_run(release / "finished", device="cpu", warn=ignore)  # of changed plugins
    dataset = check(release / "finished" / "resolved.yaml").components.dataset.build()
    images = dataset.load().test.images / 255
    reconstructed = torch.as_tensor(loaded.reconstruct(images))
    assert F.mse_loss(reconstructed, images).item() == pytest.approx(stored.test["loss"], rel=CLOSE)


def test_interrupted_run_of_a_release_is_continued(release):
    uninterrupted = read_run(release / "finished")
    continued = run(release / "interrupted", force=True, announce=ignore, warn=ignore)
    assert continued.status == "finished"
    assert continued.test == pytest.approx(uninterrupted.test, rel=CLOSE)
