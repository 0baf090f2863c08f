"""Batches that are carried through the networks in parts."""

from collections.abc import Iterator
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from framework.contracts import Batch, Task


class Portion(NamedTuple):
    """A part of a batch on its way through the task.

    Attributes:
        losses: what the task yields for the part.
        weight: share of the batch's images that are in it.
    """

    losses: Iterator[tuple[str, Float[Tensor, ""]]]
    weight: float


def split_batch(task: Task, batch: Batch, num_parts: int) -> list[Portion]:
    """Begin the losses of a batch's parts, as equal in size as can be.

    There are no more parts than images. The weights add up to 1, so that the weighted sum of the
    parts' mean losses is the mean loss of the batch.
    """
    if num_parts == 1:
        return [Portion(task.losses(batch), 1.0)]
    num_parts = min(num_parts, len(batch))
    images, indices = batch.images.tensor_split(num_parts), batch.indices.tensor_split(num_parts)
    labels = [None] * num_parts if batch.labels is None else batch.labels.tensor_split(num_parts)
    nothing = [None] * num_parts
    prepared = nothing if batch.prepared is None else batch.prepared.tensor_split(num_parts)
    parts = map(Batch, images, labels, indices, prepared)
    return [Portion(task.losses(part), len(part) / len(batch)) for part in parts]
