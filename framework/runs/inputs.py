"""What users hand to a trained run, checked and made into what networks take."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from framework.contracts import DataInfo
from framework.errors import DataError, Fault

Values = np.ndarray[Any, np.dtype[Any]] | Tensor

_SLACK = 1e-5
"""Share of the value range by which rounding may have pushed a value out of it."""

_COLOUR_CHANNELS = (3, 4)


def as_images(
    values: Any, data: DataInfo, *, place: str = "images"
) -> Float[Tensor, "batch channels height width"]:
    """Make images of an array: several or one of them, of one channel with or without its axis.

    Args:
        values: `uint8` pixels, mapped to the value range, or floating point values that lie in it.
        data: the data that the run was trained on.
        place: what messages call the array, such as its file.

    Raises:
        DataError: shape, type or values are not those of such images; both are named.
    """
    tensor = _as_tensor(values, place)
    shaped = _with_image_axes(tensor, data.image_shape)
    if shaped is None:
        raise DataError(_wrong_shape(tuple(tensor.shape), data.image_shape, place))
    if not len(shaped):
        raise DataError(Fault("D032", "there are no images", place=place))
    low, high = data.value_range
    if shaped.dtype == torch.uint8:
        return shaped.to(torch.float32).div_(255).mul_(high - low).add_(low)
    if not shaped.is_floating_point():
        found = str(shaped.dtype).removeprefix("torch.")
        message = f"expected uint8 pixels or floating point values, found {found}"
        raise DataError(Fault("D085", message, place=place, hint="convert them to one of the two"))
    images = shaped.to(torch.float32)
    smallest, largest = images.aminmax()
    slack = _SLACK * (high - low)
    if not (low - slack <= smallest and largest <= high + slack):  # NaN fails as well
        message = f"expected values from {low:g} to {high:g}, found {smallest:g} to {largest:g}"
        hint = "scale them, or give uint8 pixels from 0 to 255"
        raise DataError(Fault("D085", message, place=place, hint=hint))
    return images


def as_codes(
    values: Any, example: Shaped[Tensor, "*axes"], *, place: str = "codes"
) -> Shaped[Tensor, "batch *axes"]:
    """Make codes, or noise, of an array.

    Args:
        values: the codes, one per row.
        example: one such code.
        place: what messages call the array, such as its file.

    Raises:
        DataError: shape or values are not those of such codes.
    """
    codes = _as_tensor(values, place)
    if not codes.ndim or codes.shape[1:] != example.shape:
        expected, found = _written(("any", *example.shape)), _written(codes.shape)
        message = f"expected an array of shape {expected}, found {found}"
        raise DataError(Fault("D084", message, place=place))
    codes = codes.to(example.dtype)
    if not len(codes):
        raise DataError(Fault("D032", "there are no codes", place=place))
    if codes.is_floating_point() and not codes.isfinite().all():
        raise DataError(Fault("D085", "some values are not finite", place=place))
    return codes


def _as_tensor(values: Any, place: str) -> Tensor:
    if isinstance(values, Tensor):
        return values.detach()
    if isinstance(values, np.ndarray) and values.dtype.kind in "buif":
        kind = values.dtype.newbyteorder("=")
        if kind.kind == "f" and kind.itemsize > np.dtype(np.float64).itemsize:
            kind = np.dtype(np.float64)
        return torch.from_numpy(np.array(values, dtype=kind))  # a copy, contiguous and writable
    is_array = isinstance(values, np.ndarray)
    found = f"one of {values.dtype}" if is_array else f"a {type(values).__name__}"
    message = f"expected a NumPy array or a tensor of numbers, found {found}"
    raise DataError(Fault("D085", message, place=place))


def _with_image_axes(tensor: Tensor, shape: tuple[int, int, int]) -> Tensor | None:
    """The tensor as a batch of images of this shape; None where it holds something else."""
    is_grey = shape[0] == 1
    if tensor.shape[1:] == shape:
        return tensor
    if tensor.shape == shape:
        return tensor.unsqueeze(0)
    if is_grey and tensor.shape[1:] == shape[1:]:
        return tensor.unsqueeze(1)
    if is_grey and tensor.shape == shape[1:]:
        return tensor[None, None]
    return None


def _wrong_shape(found: tuple[int, ...], shape: tuple[int, int, int], place: str) -> Fault:
    message = f"expected images of shape {_written(('any', *shape))}, found {_written(found)}"
    is_channels_last = found[-1:] == shape[:1] and shape[0] in _COLOUR_CHANNELS
    hint = "channels come before height and width" if is_channels_last else ""
    return Fault("D084", message, place=place, hint=hint)


def _written(shape: Iterable[int | str]) -> str:
    return f"({', '.join(map(str, shape))})"
