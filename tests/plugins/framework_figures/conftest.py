"""What figures are given in their tests: a finished run that holds all it answers."""

from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
import torch

from framework import Batch, DataInfo, ImageSet, Task

NO_IMAGES = ImageSet(torch.zeros(0, 1, 28, 28), torch.zeros(0, dtype=torch.int64))


@dataclass
class HeldRun:
    """A finished run in memory; tasks and networks stand under the epoch that they are of."""

    test_set: ImageSet = NO_IMAGES
    train_set: ImageSet = NO_IMAGES
    class_names: tuple = ()
    value_range: tuple = (0.0, 1.0)
    left_out_classes: tuple = ()
    tasks: dict = field(default_factory=dict)
    built: dict = field(default_factory=dict)
    layers: tuple = ()
    kept_epoch: int = 3
    num_epochs: int = 4
    history: tuple = (MappingProxyType({}),)

    @property
    def data(self):
        return DataInfo(
            image_shape=tuple(self.test_set.images.shape[1:]),
            num_train=len(self.train_set),
            num_test=len(self.test_set),
            num_classes=len(self.class_names),
            class_names=self.class_names,
            value_range=self.value_range,
            left_out_classes=self.left_out_classes,
        )

    def batch(self, indices, split="test"):
        places = torch.tensor(list(indices), dtype=torch.int64)
        chosen = (self.test_set if split == "test" else self.train_set).subset(places)
        return Batch(chosen.images, chosen.labels, places)

    def task(self, epoch=None):
        return self.tasks.get(epoch)

    def networks(self, epoch=None):
        return self.built.get(epoch)


class PixelCodes(Task):
    """The code of an image is its first pixels, scaled; decoded, each value fills some columns."""

    def __init__(self, latent_dim=2, *, scale=1.0):
        self.latent_dim = latent_dim
        self.scale = scale
        self.batch_sizes = []
        self.records = False

    def losses(self, batch):
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images

    def operations(self):
        return {"encode": self.encode, "decode": self.decode}

    def encode(self, images):
        self.batch_sizes.append(len(images))
        self.records = self.records or torch.is_grad_enabled()
        return images.flatten(1)[:, : self.latent_dim] * self.scale

    def decode(self, codes):
        self.records = self.records or torch.is_grad_enabled()
        columns = (codes / self.scale).repeat_interleave(4 // self.latent_dim, dim=1)
        return columns[:, None, None].expand(-1, 1, 4, -1)


@pytest.fixture
def make_task():
    return PixelCodes


@pytest.fixture
def make_images():
    """Images of 4 x 4 pixels whose first pixels are these codes, the others black."""

    def make(codes, labels=None):
        images = torch.zeros(len(codes), 16)
        values = torch.as_tensor(codes, dtype=torch.float32).reshape(len(codes), -1)
        images[:, : values.shape[1]] = values
        known = None if labels is None else torch.as_tensor(labels)
        return ImageSet(images.reshape(-1, 1, 4, 4), known)

    return make


@pytest.fixture
def make_run():
    return HeldRun
