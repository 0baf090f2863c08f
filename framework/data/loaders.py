"""Batches of images, in an order that is a pure function of (seed, epoch)."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from framework.contracts import Batch, ImageSet
from framework.lazy_images import LazyImages
from framework.seeding import make_generator


class ImageLoader:
    """Gathers batches by index from one tensor on the training device, or has them read.

    Args:
        images: the whole image set; moved to `device` once, where it is in memory.
        indices: the places of the images to serve; all folds of a process share `images`.
        batch_size: images per batch; the last batch may be smaller.
        value_range: what `uint8` 0 and 255 are mapped to.
        device: where batches are made.
        seed: seed of the order; None serves `indices` as they stand.
        drop_last: leave a smaller last batch out.
        prepared: a row for each image of the set, served with it.
    """

    def __init__(
        self,
        images: ImageSet,
        indices: Int[Tensor, " batch"],
        *,
        batch_size: int,
        value_range: tuple[float, float] = (0.0, 1.0),
        device: torch.device | None = None,
        seed: int | None = None,
        drop_last: bool = False,
        prepared: Shaped[Tensor, "_ *_"] | None = None,
    ) -> None:
        device = device or torch.device("cpu")
        self._device = device
        self._images = images.to(device).images
        self._labels = None if images.labels is None else images.labels.to(device)
        self._indices = indices.to(device)
        self._batch_size = batch_size
        self._low, self._high = value_range
        self._seed = seed
        self._prepared = None if prepared is None else prepared.to(device)
        self._num_served = len(indices) - (len(indices) % batch_size if drop_last else 0)

    def __len__(self) -> int:
        """Number of batches per epoch."""
        return (self._num_served + self._batch_size - 1) // self._batch_size

    def epoch(self, epoch: int = 0, *, start: int = 0) -> Iterator[Batch]:
        """Serve the batches of one epoch, from batch number `start` on."""
        order = self._order(epoch)[: self._num_served]
        batches = order[start * self._batch_size :].split(self._batch_size)
        places = [each for each in batches if len(each)]
        for each, pixels in zip(places, self._pixels(places), strict=True):
            yield self._batch(each, pixels)

    def _pixels(self, places: Sequence[Int[Tensor, " _"]]) -> Iterator[Tensor]:
        """The pixels of one batch after the other, on the training device."""
        images = self._images
        if not isinstance(images, LazyImages):
            return (images[each] for each in places)
        read = images.batches(each.cpu() for each in places)
        return (pixels.to(self._device) for pixels in read)

    def _order(self, epoch: int) -> Int[Tensor, " batch"]:
        if self._seed is None:
            return self._indices
        generator = make_generator(self._seed, "order", epoch)
        permutation = torch.randperm(len(self._indices), generator=generator)
        return self._indices[permutation.to(self._indices.device)]

    def _batch(self, places: Int[Tensor, " batch"], pixels: Tensor) -> Batch:
        labels = None if self._labels is None else self._labels[places]
        prepared = None if self._prepared is None else self._prepared[places]
        return Batch(self._converted(pixels), labels, places, prepared)

    def _converted(self, pixels: Tensor) -> Float[Tensor, "batch channels height width"]:
        if pixels.dtype != torch.uint8:
            return pixels.to(torch.float32)
        images = pixels.to(torch.float32).div_(255)  # a division: 255 becomes exactly 1
        if (self._low, self._high) == (0.0, 1.0):
            return images
        return images.mul_(self._high - self._low).add_(self._low)
