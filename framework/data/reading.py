"""What a worker process does for its run: it reads batches. It imports little, to start quickly."""

from typing import Any

from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset

from framework.errors import DataError, Fault
from framework.lazy_images import LazyImages


class Reading(Dataset[Any]):
    """Batches by the places of their images, as PyTorch's loader asks for them.

    Args:
        images: what is read.
    """

    def __init__(self, images: LazyImages) -> None:
        self._images = images

    def __getitem__(self, places: Int[Tensor, " _"]) -> Tensor | tuple[Fault, ...]:
        try:
            return self._images.batch(places)
        except DataError as error:
            return error.faults  # as a value: a raised error would reach the run as a text


def unchanged(answer: Any) -> Any:
    """A batch as it is: there is nothing to collate."""
    return answer
