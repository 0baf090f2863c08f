"""Batches come in an order that any epoch, and any place in it, can be entered at."""

import pytest
import torch

from framework.contracts import ImageSet
from framework.data.loaders import ImageLoader
from framework.lazy_images import LazyImages


def _images(num=10, *, labels=True):
    pixels = torch.arange(num, dtype=torch.uint8).reshape(num, 1, 1, 1).expand(num, 1, 2, 2)
    return ImageSet(pixels.contiguous(), torch.arange(num) if labels else None)


def _loader(**given):
    images = given.pop("images", _images())
    return ImageLoader(images, torch.arange(len(images)), **given)


def test_loader_serves_every_image_once_per_epoch():
    loader = _loader(batch_size=4, seed=0)
    batches = list(loader.epoch(0))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert len(loader) == 3
    assert sorted(torch.cat([b.indices for b in batches]).tolist()) == list(range(10))
    for batch in batches:
        assert torch.equal(batch.labels, batch.indices)
        assert torch.equal(batch.images[:, 0, 0, 0] * 255, batch.indices.float())


def test_loader_shuffles_each_epoch_anew_and_repeatably():
    orders = [
        torch.cat([b.indices for b in _loader(batch_size=4, seed=0).epoch(epoch)]).tolist()
        for epoch in (0, 1, 0)
    ]
    assert orders[0] == orders[2] != orders[1]


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_loader_entered_in_mid_epoch_serves_the_rest(start):
    whole = [b.indices.tolist() for b in _loader(batch_size=4, seed=3).epoch(5)]
    rest = [b.indices.tolist() for b in _loader(batch_size=4, seed=3).epoch(5, start=start)]
    assert rest == whole[start:]


def test_loader_without_seed_keeps_the_order():
    places = torch.cat([b.indices for b in _loader(batch_size=3).epoch(7)])
    assert places.tolist() == list(range(10))


def test_loader_drops_a_short_last_batch_on_request():
    loader = _loader(batch_size=4, seed=0, drop_last=True)
    assert len(loader) == 2
    assert [len(batch) for batch in loader.epoch(0)] == [4, 4]


def test_loader_maps_bytes_to_the_value_range_exactly():
    pixels = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1)
    images = ImageSet(pixels)
    unit = next(_loader(images=images, batch_size=2).epoch())
    assert unit.images.flatten().tolist() == [0.0, 1.0]
    assert unit.labels is None
    signed = next(_loader(images=images, batch_size=2, value_range=(-1.0, 1.0)).epoch())
    assert signed.images.flatten().tolist() == [-1.0, 1.0]


def test_loader_takes_floating_point_images_as_they_are():
    images = ImageSet(torch.rand(3, 1, 2, 2, dtype=torch.float64))
    batch = next(_loader(images=images, batch_size=3).epoch())
    assert torch.equal(batch.images, images.images.float())


def test_empty_loader_has_no_batches():
    loader = ImageLoader(_images(), torch.arange(0), batch_size=4)
    assert len(loader) == 0
    assert list(loader.epoch()) == []


def test_what_was_prepared_of_an_image_is_served_with_it():
    prepared = torch.arange(10) * 3
    loader = ImageLoader(
        _images(), torch.tensor([7, 2, 9]), batch_size=2, seed=0, prepared=prepared
    )
    for batch in loader.epoch(1):
        assert torch.equal(batch.prepared, batch.indices * 3)
    assert next(_loader(batch_size=2).epoch()).prepared is None


class Unread(LazyImages):
    """The images of `_images`, as if they were on disk."""

    def __len__(self):
        return 10

    def read(self, place):
        return _images().images[place]


def test_images_that_are_read_when_needed_give_the_same_batches():
    images = ImageSet(Unread(), torch.arange(10))
    given = {"batch_size": 4, "seed": 0, "value_range": (-1.0, 1.0)}
    pairs = zip(
        _loader(**given).epoch(3, start=1),
        _loader(images=images, **given).epoch(3, start=1),
        strict=True,
    )
    for resident, lazy in pairs:
        assert torch.equal(resident.images, lazy.images)
        assert torch.equal(resident.labels, lazy.labels)
        assert torch.equal(resident.indices, lazy.indices)
