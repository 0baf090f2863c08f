"""What every data set must keep to, checked once it is loaded."""

from collections.abc import Iterator

import torch
from torch import Tensor

from framework.contracts import DataInfo, ImageSet
from framework.errors import DataError, Fault
from framework.lazy_images import LazyImages


def require_sound(split: ImageSet, info: DataInfo, name: str) -> None:
    """Check what a split of a data set holds against what the set has said of itself.

    Pixels that are not in memory are not looked at.

    Args:
        split: the images.
        info: what the data set says of itself.
        name: `training` or `test`. Test images may be all the same; nothing is learnt from them.

    Raises:
        DataError: there are none (D032), images are of another shape (D028), images and labels
            differ in number (D029), labels are out of range (D030), pixels are not finite or out of
            range, or all pixels to train on are the same (D031).
    """
    faults = [*_faults(split, info, name)]
    if not faults and name == "training" and not isinstance(split.images, LazyImages):
        low, high = split.images.aminmax()
        if low == high:
            message = f"all pixels of all training images are {low.item():g}"
            faults.append(Fault("D031", message, key="dataset"))
    if faults:
        raise DataError(faults)


def _faults(split: ImageSet, info: DataInfo, name: str) -> Iterator[Fault]:
    if not len(split):
        yield Fault("D032", f"there are no {name} images", key="dataset")
    if split.labels is not None:
        yield from _label_faults(split.labels, len(split), info.num_classes, name)
    pixels = split.images
    if not isinstance(pixels, LazyImages):
        yield from _pixel_faults(pixels, info, name)


def _label_faults(labels: Tensor, num_images: int, num_classes: int, name: str) -> Iterator[Fault]:
    if len(labels) != num_images:
        message = f"{num_images} {name} images, but {len(labels)} labels"
        yield Fault("D029", message, key="dataset")
    wrong = ((labels < 0) | (labels >= num_classes)).nonzero()
    if len(wrong):
        first = int(wrong[0])
        message = f"label {first} of the {name} images is {int(labels[first])}, expected "
        message += f"0 to {num_classes - 1} ({len(wrong)} of {len(labels)} are out of range)"
        yield Fault("D030", message, key="dataset")


def _pixel_faults(pixels: Tensor, info: DataInfo, name: str) -> Iterator[Fault]:
    if pixels.shape[1:] != info.image_shape:
        found, expected = tuple(pixels.shape[1:]), info.image_shape
        yield Fault("D028", f"{name} images of shape {found}, expected {expected}", key="dataset")
    if pixels.dtype == torch.uint8 or not len(pixels):
        return
    low, high = info.value_range
    wrong = ~((pixels >= low) & (pixels <= high)).flatten(1).all(1)  # NaN is wrong as well
    if wrong.any():
        first = int(wrong.nonzero()[0])
        values = pixels[first].flatten().tolist()
        value = next(value for value in values if not low <= value <= high)
        message = f"{name} image {first} holds {value:g}, expected {low:g} to {high:g} "
        message += f"({int(wrong.sum())} of {len(pixels)} images hold such values)"
        yield Fault("D031", message, key="dataset")
