"""Processes that read ahead read the same, name what is damaged, and may be killed."""

import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from ignite.engine import Events
from PIL import Image

from framework.application import run
from framework.contracts import DataBundle, Handler, ImageSet
from framework.data.worker_processes import (
    ReadAhead,
    close_workers,
    read_ahead,
)
from framework.errors import DataError, StorageError
from framework.runs.interruption import Interrupted
from framework_vision.picture_files import PictureFiles

pytestmark = pytest.mark.slow

RECIPE = """
name: pictures
seed: 0
dataset: {{type: image_folder, root: {root}, size: 8, mode: grey, test_fraction: 0.2}}
networks:
  encoder: {{type: conv_encoder, channels: [2], kernel_sizes: [3], strides: [2], paddings: [1],
             hidden_dims: [], latent_dim: 2, dropout: 0.2}}
  decoder: mirrored_decoder
task: reconstruction
loss: mse
optimizer: adam
training: {{num_epochs: 3, batch_size: 8, evaluation_batch_size: 4, num_threads: 1}}
checkpointing: {{every_num_iterations: 1}}
"""


@pytest.fixture
def pictures(tmp_path):
    """Forty pictures of noise in two folders."""
    generator = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / "pictures" / f"class{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (8, 8), dtype=np.uint8)).save(path)
    return tmp_path / "pictures"


def test_only_what_is_lazy_is_read_by_workers(pictures):
    resident = ImageSet(torch.zeros(2, 1, 2, 2))
    lazy = ImageSet(
        PictureFiles(sorted(pictures.rglob("*.png")), (1, 2, 2)), torch.zeros(40).long()
    )
    bundle = read_ahead(DataBundle(lazy, resident), 2)
    assert isinstance(bundle.train.images, ReadAhead)
    assert len(bundle.train) == 40
    assert bundle.test.images is resident.images
    assert read_ahead(bundle, 0) is bundle
    assert bundle.train.images.read(3).equal(lazy.images.read(3))
    close_workers(bundle)
    assert multiprocessing.active_children() == []  # a single image needs none


class Killer(Handler):
    """Before the last step of the second epoch it sees how workers answer, then kills one."""

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        self.pid = None
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=6), self.kill)

    def kill(self):
        self.pid, _other = sorted(child.pid for child in multiprocessing.active_children())
        os.kill(self.pid, signal.SIGKILL)


def test_killed_worker_is_named_and_its_run_goes_on_to_the_same_bits(pictures, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(root=pictures))
    given = {"device": "cpu", "announce": lambda _: None, "warn": pytest.fail}
    resident = run(recipe, runs_directory=tmp_path / "resident", **given)
    lazily = ["dataset.in_memory=false", "training.num_workers=2"]
    given |= {"runs_directory": tmp_path / "lazy"}
    killer = Killer()
    with pytest.raises(StorageError) as caught:
        run(recipe, overrides=lazily, handlers=[killer], **given)
    (fault,) = caught.value.faults
    assert fault.identifier == "E038"
    assert f"(pid {killer.pid}) was killed by signal 9" in fault.message
    assert not multiprocessing.active_children()
    lazily[1] = "training.num_workers=0"  # the run is the same
    done = run(recipe, overrides=lazily, **given)
    (found,) = (tmp_path / "lazy" / "pictures").glob("2*")
    assert done.directory == found
    weights = [each.directory / "best.safetensors" for each in (resident, done)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert resident.test == done.test


class Ending(Handler):
    """Asks the run and all that it has begun to end, as a scheduler does, while workers begin."""

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=1), self.end)

    def end(self):
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)


def test_request_to_end_reaches_the_run_and_not_its_workers(pictures, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(root=pictures))
    lazily = ["dataset.in_memory=false", "training.num_workers=2"]
    given = {"device": "cpu", "announce": lambda _: None, "warn": pytest.fail}
    with pytest.raises(Interrupted) as caught:
        run(recipe, overrides=lazily, handlers=[Ending()], runs_directory=tmp_path, **given)
    assert caught.value.exit_code == 128 + signal.SIGTERM
    assert not multiprocessing.active_children()


def test_damaged_picture_of_a_lazy_set_fails_the_run_with_its_name(pictures, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(root=pictures))
    path = next(pictures.rglob("17.png"))
    path.write_bytes(path.read_bytes()[:-30])
    for overrides in (["dataset.in_memory=true"], ["dataset.in_memory=false"]):
        with pytest.raises(DataError, match=r"17\.png.*truncated"):
            run(recipe, overrides=overrides, runs_directory=tmp_path / "runs", device="cpu")
