"""The handwritten digits that come with scikit-learn."""

from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import Field
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn import functional as F

from framework import DataBundle, DataInfo, Dataset, ImageSet, fingerprint_of
from framework_vision.leaving_out import ClassNames, LabelledDataset, leave_out_classes

_NUM_TRAIN = 1500
_NUM_TEST = 297
_LARGEST_COUNT = 16  # pixels count the dark ones among 16


def digits(
    *, size: Annotated[int, Field(ge=1, le=512)] = 28, leave_out: ClassNames = ()
) -> Dataset:
    """1,797 handwritten digits of 13 writers, part of scikit-learn: nothing is downloaded.

    The images are in the order of their writers. The last 297 are the test split, so most of them
    are by writers that training has not seen.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, 1998 (the test part).

    Args:
        size: height and width to which the 8x8 images are resized, in pixels.
        leave_out: classes, by name or place, of which no image is trained on; the test split
            stays whole.
    """
    return leave_out_classes(Digits(size=size), leave_out)


class Digits(LabelledDataset):
    """The digits with all their classes; see `digits`.

    Args:
        size: height and width of the images, in pixels.
    """

    def __init__(self, *, size: int) -> None:
        self._size = size

    @property
    def info(self) -> DataInfo:
        """Counts, shape and classes."""
        return DataInfo(
            image_shape=(1, self._size, self._size),
            num_train=_NUM_TRAIN,
            num_test=_NUM_TEST,
            num_classes=10,
            class_names=tuple("0123456789"),
        )

    def count_by_class(self) -> Sequence[int]:
        """From the training labels."""
        _, labels = _read()
        return labels[:_NUM_TRAIN].bincount().tolist()

    def fingerprint(self) -> str:
        """A digest of the images as scikit-learn has them, their labels and the size."""
        counts, labels = _read()
        return fingerprint_of(counts, labels, f"size {self._size}")

    def load(self) -> DataBundle:
        """Read the images and resize them."""
        counts, labels = _read()
        images = _resized(counts, self._size)
        return DataBundle(
            train=ImageSet(images[:_NUM_TRAIN], labels[:_NUM_TRAIN]),
            test=ImageSet(images[_NUM_TRAIN:], labels[_NUM_TRAIN:]),
        )


def _read() -> tuple[Tensor, Tensor]:
    digits = load_digits()
    counts = torch.from_numpy(digits.images).to(torch.float32).unsqueeze(1)
    return counts, torch.from_numpy(digits.target).to(torch.int64)


def _resized(counts: Tensor, size: int) -> Tensor:
    grey = counts * (255 / _LARGEST_COUNT)
    resized = F.interpolate(grey, size=(size, size), mode="bilinear", antialias=True)
    return resized.round().clamp(0, 255).to(torch.uint8)
