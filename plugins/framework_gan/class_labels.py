"""Class labels as a further input of a network."""

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from framework import DataInfo


def number_of_classes(data: DataInfo, *, conditional: bool) -> int:
    """How many classes a network is told of: all of them, or 0 where it is not conditional.

    Raises:
        ValueError: it shall be conditional, and the data have no labels.
    """
    if conditional and data.num_classes == 0:
        raise ValueError("conditional: true needs class labels, and the data set has none")
    return data.num_classes if conditional else 0


def with_classes(
    values: Shaped[Tensor, "batch features *size"],
    labels: Int[Tensor, " batch"] | None,
    num_classes: int,
) -> Float[Tensor, "batch _ *size"]:
    """Values with one feature more per class: 1 for the label's class, 0 for the others.

    Raises:
        ValueError: there are classes to be told, and no labels.
    """
    if num_classes == 0:
        return values
    if labels is None:
        raise ValueError("a conditional network needs the class labels of a batch, and it has none")
    classes = torch.arange(num_classes, device=labels.device)
    told = (labels[:, None] == classes).to(values.dtype)
    spread = told.reshape(*told.shape, *(1 for _ in values.shape[2:]))
    return torch.cat([values, spread.expand(-1, -1, *values.shape[2:])], dim=1)
