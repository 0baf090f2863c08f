"""Which images train and which validate."""

import torch
from jaxtyping import Int
from torch import Tensor

from framework.errors import DataError, Fault
from framework.seeding import make_generator


def hold_out(
    num_images: int, *, fraction: float, seed: int
) -> tuple[Int[Tensor, " _"], Int[Tensor, " _"]]:
    """Split the places 0 … num_images - 1 into (train, validation), both in ascending order.

    Args:
        num_images: how many images there are.
        fraction: share of the images that validate, rounded to the nearest whole number; 0 trains
            on everything.
        seed: seed of the split; nothing else decides it.

    Raises:
        DataError: a split would be empty although the fraction asks for images in both.
    """
    num_validation = round(num_images * fraction)
    num_train = num_images - num_validation
    if num_train == 0 or (fraction > 0 and num_validation == 0):
        message = (
            f"a validation fraction of {fraction} splits {num_images} images into "
            f"{num_train} for training and {num_validation} for validation"
        )
        raise DataError(Fault("D032", message, key="validation.fraction", hint="both need images"))
    order = torch.randperm(num_images, generator=make_generator(seed, "split"))
    return order[num_validation:].sort().values, order[:num_validation].sort().values
