"""Images that are read when a batch needs them, for sets that do not fit in memory."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from framework.errors import DataError, Fault


class LazyImages(ABC):
    """Images that are read one by one, each when it is needed; all of them of one shape.

    An image is the same whenever it is read, and in whichever process: worker processes are sent a
    pickled copy. So keep paths, and open files in `read`.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Number of images."""

    @abstractmethod
    def read(self, place: int) -> UInt8[Tensor, "channels height width"]:
        """Read one image, as pixels from 0 to 255.

        Raises:
            DataError: its file is missing or damaged; the message names it.
        """

    def batch(self, places: Int[Tensor, " _"]) -> UInt8[Tensor, "batch channels height width"]:
        """Read the images at these places.

        Raises:
            DataError: some cannot be read; all of them are named.
        """
        images: list[Tensor] = []
        faults: list[Fault] = []
        for place in places.tolist():
            try:
                images.append(self.read(place))
            except DataError as error:
                faults += error.faults
        if faults:
            raise DataError(faults)
        return torch.stack(images)

    def batches(
        self, batches: Iterable[Int[Tensor, " _"]]
    ) -> Iterator[UInt8[Tensor, "batch channels height width"]]:
        """Read one batch after the other, each when it is asked for.

        Args:
            batches: the places of the images of each.

        Raises:
            DataError: some images of a batch cannot be read; all of them are named.
        """
        yield from map(self.batch, batches)

    def subset(self, places: Int[Tensor, " _"]) -> "LazyImages":
        """The images at these places, still unread."""
        return _Chosen(self, places.cpu())


class _Chosen(LazyImages):
    def __init__(self, images: LazyImages, places: Int[Tensor, " _"]) -> None:
        self._images, self._places = images, places

    def __len__(self) -> int:
        return len(self._places)

    def read(self, place: int) -> UInt8[Tensor, "channels height width"]:
        return self._images.read(int(self._places[place]))

    def batches(
        self, batches: Iterable[Int[Tensor, " _"]]
    ) -> Iterator[UInt8[Tensor, "batch channels height width"]]:
        yield from self._images.batches(self._places[places] for places in batches)
