from dataclasses import dataclass

import numpy as np
import pytest
import torch

from framework import Batch, DataInfo, ImageSet, Task
from framework_figures.denoising import Denoising


class Halved(Task):
    """Spoils images with noise and takes half of it away again."""

    def losses(self, batch):
        yield "main", self.evaluate(batch)[0].mean()

    def evaluate(self, batch):
        return self.evaluations(batch)[""]

    def evaluations(self, batch):
        self.records = torch.is_grad_enabled()
        noise = 0.2 * torch.rand_like(batch.images).round()
        clean = batch.images
        return {"": (clean + noise / 2, clean), "noisy": (clean + noise, clean)}


class Plain(Halved):
    """Spoils nothing."""

    def evaluations(self, batch):
        return {"": (batch.images, batch.images)}


@dataclass
class Run:
    """A finished run that holds all it answers."""

    train_set = layers = None
    kept: Task | None
    value_range: tuple = (0.0, 1.0)
    kept_epoch: int = 1
    num_epochs: int = 1
    history: tuple = ()

    @property
    def test_set(self):
        low, high = self.value_range
        return ImageSet(torch.full((4, 1, 28, 28), low + 0.2 * (high - low)))

    @property
    def data(self):
        return DataInfo(
            image_shape=(1, 28, 28), num_train=1, num_test=4, value_range=self.value_range
        )

    def batch(self, indices):
        return Batch(self.test_set.images[list(indices)], None, torch.tensor(list(indices)))

    def task(self, epoch=None):
        return self.kept if epoch is None else None

    def networks(self, epoch=None):
        raise NotImplementedError


def strips_of(drawing):
    return [np.asarray(strip.get_array()) for strip in drawing.images]


def labels_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def test_rows_are_clean_noisy_and_denoised():
    strips = strips_of(Denoising(num_images=3).draw(Run(Halved())))
    greys = [sorted(set(strip.flatten().tolist())) for strip in strips]
    assert greys == [[51, 255], [51, 102, 255], [51, 76, 255]]
    assert strips[0].shape == (84, 3 * 84 + 2 * 8, 3)


def test_rows_have_their_signal_to_noise_ratio():
    labels = labels_of(Denoising().draw(Run(Halved())))
    assert [label for label in labels if "PSNR" not in label] == ["clean", "noisy", "denoised"]
    noisy, denoised = (
        float(label.removeprefix("PSNR ").removesuffix(" dB"))
        for label in labels
        if "PSNR" in label
    )
    assert noisy == pytest.approx(-10 * np.log10(0.2**2 / 2), abs=0.2)
    assert denoised - noisy == pytest.approx(6.0, abs=0.11)


def test_ratio_is_of_the_value_range():
    labels = labels_of(Denoising().draw(Run(Halved(), value_range=(-1.0, 1.0))))
    wide = labels_of(Denoising().draw(Run(Halved())))
    assert float(labels[2].split()[1]) - float(wide[2].split()[1]) == pytest.approx(6.0, abs=0.11)


def test_images_are_spoilt_in_the_same_way_every_time():
    first, second = (strips_of(Denoising().draw(Run(Halved()))) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_nothing_records_gradients():
    task = Halved()
    Denoising().draw(Run(task))
    assert task.records is False


@pytest.mark.parametrize("task", [Plain(), None], ids=["plain", "none"])
def test_task_that_spoils_nothing_is_refused(task):
    with pytest.raises(ValueError, match="no noisy images to show; the task must be one of"):
        Denoising().draw(Run(task))
