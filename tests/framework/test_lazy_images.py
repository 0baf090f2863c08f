"""Images that are read when they are needed are the images that they would be in memory."""

import pytest
import torch

from framework.contracts import ImageSet
from framework.errors import DataError, Fault
from framework.lazy_images import LazyImages


class Numbered(LazyImages):
    """Image i is full of i; those that are `missing` cannot be read."""

    def __init__(self, num_images, missing=()):
        self.num_images, self.missing, self.num_read = num_images, missing, 0

    def __len__(self):
        return self.num_images

    def read(self, place):
        self.num_read += 1
        if place in self.missing:
            raise DataError(Fault("D083", "no such file", place=f"{place}.png"))
        return torch.full((1, 2, 2), place, dtype=torch.uint8)


def test_batches_are_read_one_at_a_time():
    images = Numbered(6)
    batches = images.batches(torch.tensor([5, 1, 3, 0]).split(2))
    assert images.num_read == 0
    assert next(batches)[:, 0, 0, 0].tolist() == [5, 1]
    assert images.num_read == 2
    assert next(batches)[:, 0, 0, 0].tolist() == [3, 0]


def test_all_images_of_a_batch_that_cannot_be_read_are_named():
    with pytest.raises(DataError) as caught:
        Numbered(6, missing=[1, 4]).batch(torch.arange(6))
    assert [fault.place for fault in caught.value.faults] == ["1.png", "4.png"]


def test_subset_is_chosen_without_reading():
    images = Numbered(6)
    split = ImageSet(images, torch.arange(6) * 10)
    part = split.subset(torch.tensor([4, 2, 0])).subset(torch.tensor([2, 0]))
    assert (len(part), part.labels.tolist(), images.num_read) == (2, [0, 40], 0)
    (batch,) = part.images.batches([torch.tensor([1, 0])])
    assert batch[:, 0, 0, 0].tolist() == [4, 0]
    assert part.images.read(1).max() == 4


def test_set_moves_to_a_device_without_reading():
    images = Numbered(3)
    moved = ImageSet(images, torch.arange(3)).to(torch.device("cpu"))
    assert moved.images is images
    assert images.num_read == 0
