"""A batch in parts is the whole batch, in order, each part weighted by its size."""

import pytest
import torch

from framework.contracts import Batch, Task
from framework.engines.accumulation import split_batch


class Listing(Task):
    """Yields the images of each batch that it is given, as if they were a loss."""

    def __init__(self):
        self.batches = []

    def losses(self, batch):
        self.batches.append(batch)
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images


def make_batch(size, *, has_labels=True):
    images = torch.arange(size * 4.0).reshape(size, 1, 2, 2)
    return Batch(images, torch.arange(size) if has_labels else None, torch.arange(size) + 100)


def parts_of(batch, num_parts):
    task = Listing()
    portions = split_batch(task, batch, num_parts)
    losses = [loss for losses, _ in portions for _, loss in losses]
    return task.batches, losses, [weight for _, weight in portions]


def test_one_part_is_the_batch_itself():
    batch = make_batch(5)
    (part,), _, weights = parts_of(batch, 1)
    assert part is batch
    assert weights == [1.0]


@pytest.mark.parametrize("num_parts", [2, 3, 5])
def test_parts_hold_every_image_once_and_in_order(num_parts):
    batch = make_batch(5)
    parts, losses, weights = parts_of(batch, num_parts)
    assert torch.equal(torch.cat([part.images for part in parts]), batch.images)
    assert torch.equal(torch.cat([part.labels for part in parts]), batch.labels)
    assert torch.equal(torch.cat([part.indices for part in parts]), batch.indices)
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert weights == [size / 5 for size in sizes]
    mean = sum(loss * weight for loss, weight in zip(losses, weights, strict=True))
    torch.testing.assert_close(mean, batch.images.mean())


def test_there_are_no_more_parts_than_images():
    parts, _, weights = parts_of(make_batch(2), 8)
    assert [len(part) for part in parts] == [1, 1]
    assert weights == [0.5, 0.5]


def test_parts_of_images_without_labels_have_none():
    parts, *_ = parts_of(make_batch(4, has_labels=False), 2)
    assert [part.labels for part in parts] == [None, None]


def test_what_was_prepared_goes_with_its_images():
    whole = make_batch(5)
    batch = Batch(whole.images, whole.labels, whole.indices, torch.arange(10).reshape(5, 2))
    parts, _, _ = parts_of(batch, 2)
    assert [part.prepared.tolist() for part in parts] == [
        [[0, 1], [2, 3], [4, 5]],
        [[6, 7], [8, 9]],
    ]
    assert [part.prepared for part in parts_of(whole, 2)[0]] == [None, None]
