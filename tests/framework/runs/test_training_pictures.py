from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from framework.application import check
from framework.contracts import ImageSet, Task
from framework.operations import Operation
from framework.runs.training_pictures import TrainingPictures, grid_of

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")


class Halving(Task):
    """Answers images half as bright, and draws a random number on the way."""

    def __init__(self, operations, *, fails=False):
        self._operations, self._fails = operations, fails

    def losses(self, batch):
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return self.evaluations(batch)[""]

    def operations(self):
        return self._operations

    def evaluations(self, batch):
        if self._fails:
            raise ValueError("no")
        torch.rand(1)
        noisy = torch.rand_like(batch.images)
        return {"": (batch.images / 2, batch.images), "noisy": (noisy, batch.images)}


@pytest.fixture(scope="module")
def plan():
    return check(SUPPORT / "tiny.yaml", plugins=[SUPPORT / "tiny_images.py"])


class FakeRun:
    """A run of a task."""

    label, optimizers, best, directory = "", {}, None, None
    epoch, num_epochs, seconds, metrics = 0, 1, 0.0, {}

    def __init__(self, task, networks):
        self.task, self.networks = task, networks

    def stop(self, reason): ...


def pictures_of(plan, task, *, labels=None, num_images=12, networks=None):
    images = torch.linspace(0, 1, num_images)[:, None, None, None].expand(-1, 1, 8, 8)
    images = (images * 255).byte().contiguous()
    said = []
    run = FakeRun(task, networks or {})
    pictures = TrainingPictures(
        plan,
        ImageSet(images, labels),
        torch.arange(num_images),
        fit=lambda: run,
        device=CPU,
        tell=said.append,
    )
    return pictures, said


def test_restored_images_stand_below_their_targets_and_what_was_made_of_them(plan):
    pictures, _ = pictures_of(plan, Halving({"denoise": lambda images: images}))
    found = pictures()
    assert list(found) == ["pictures/reconstructions"]
    picture = found["pictures/reconstructions"]
    assert picture.shape == (3 * 8, 10 * 8, 3)
    assert picture.dtype == np.uint8
    assert picture[0, 75, 0] == pytest.approx(2 * picture[16, 75, 0], abs=1)


def test_pictures_are_the_same_every_time(plan):
    pictures, _ = pictures_of(plan, Halving({"reconstruct": lambda images: images}))
    first, second = pictures(), pictures()
    assert (first["pictures/reconstructions"] == second["pictures/reconstructions"]).all()


def test_first_image_of_each_class_comes_first(plan):
    labels = torch.tensor([1] * 6 + [0] * 6)
    pictures, _ = pictures_of(plan, Halving({"reconstruct": lambda images: images}), labels=labels)
    row = pictures()["pictures/reconstructions"][0, ::8, 0]
    assert row[0] == round(6 / 11 * 255)
    assert row[1] == 0
    assert len(set(row.tolist())) == 10


def test_generated_images_come_of_noise(plan):
    def decode(noise):
        return noise.sigmoid().unflatten(1, (1, 2, 2))

    operations = {"generate": Operation(decode, takes="noise", answers="images", shape=(4,))}
    found = pictures_of(plan, Halving(operations))[0]()
    assert list(found) == ["pictures/generated_images"]
    assert found["pictures/generated_images"].shape == (8, 20, 3)


def test_a_task_without_images_has_no_pictures(plan):
    assert pictures_of(plan, Halving({"classify": lambda images: images}))[0]() == {}


def test_a_set_smaller_than_a_row_is_shown_whole(plan):
    task = Halving({"reconstruct": lambda images: images})
    labels = torch.tensor([0, 0, 1])
    pictures, said = pictures_of(plan, task, labels=labels, num_images=3)
    assert pictures()["pictures/reconstructions"].shape == (24, 24, 3)
    assert said == []


def test_a_task_that_fails_is_asked_once(plan):
    task = Halving({"reconstruct": lambda images: images}, fails=True)
    pictures, said = pictures_of(plan, task)
    assert pictures() == pictures() == {}
    assert said == ["no pictures for trackers: ValueError: no"]


def test_networks_are_left_in_their_modes(plan):
    network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2).eval())
    task = Halving({"reconstruct": lambda images: images})
    pictures_of(plan, task, networks={"encoder": network})[0]()
    assert [module.training for module in network.modules()] == [True, True, False]


def test_grid_keeps_colours_and_the_value_range():
    row = torch.tensor([-1.0, 0.0, 1.0])[None, :, None, None].expand(2, 3, 1, 1)
    picture = grid_of([row, row.flip(1)], (-1.0, 1.0))
    assert picture.tolist() == [[[0, 128, 255]] * 2, [[255, 128, 0]] * 2]


def test_grid_shows_what_is_not_finite_as_black():
    assert grid_of([torch.full((1, 1, 1, 1), torch.nan)], (0.0, 1.0)).tolist() == [[[0, 0, 0]]]
