"""Operations that follow from those which a task declares."""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from framework.operations import Operation

_RESTORING = ("reconstruct", "denoise")
"""Operations whose answer should equal its input, the one to be preferred first."""


def all_operations(declared: Mapping[str, Callable[[Tensor], Tensor]]) -> dict[str, Operation]:
    """The operations that a task declares, and those that follow, which it may declare itself.

    `interpolate` follows from `encode` and `decode`, `anomaly` from `reconstruct` or `denoise`.
    """
    operations = {
        name: function if isinstance(function, Operation) else Operation(function)
        for name, function in declared.items()
    }
    derived: dict[str, Operation] = {}
    if {"encode", "decode"} <= operations.keys():
        derived["interpolate"] = _interpolation(operations["encode"], operations["decode"])
    restoring = next((operations[name] for name in _RESTORING if name in operations), None)
    if restoring is not None:
        derived["anomaly"] = _anomaly(restoring)
    return operations | {name: each for name, each in derived.items() if name not in operations}


def _interpolation(encode: Operation, decode: Operation) -> Operation:
    def interpolate(ends: Tensor, num_images: int) -> Tensor:
        """Decode points at equal distances on the straight line from one code to the other."""
        first, last = encode(ends)
        shares = torch.linspace(0, 1, num_images, device=ends.device)
        return decode(torch.stack([torch.lerp(first, last, share) for share in shares]))

    return Operation(interpolate, takes="two_images", answers="images")


def _anomaly(restore: Operation) -> Operation:
    def anomaly(images: Tensor) -> Float[Tensor, " batch"]:
        """The mean squared error of each image's reconstruction: what is unusual scores high."""
        return (restore(images) - images).square().flatten(1).mean(1)

    return Operation(anomaly, answers="scores")
