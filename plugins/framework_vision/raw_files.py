"""The four raw files that MNIST and its kin are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from framework import DataError, Fault, ImageSet
from framework_vision.idx import read_shape, read_values

T = TypeVar("T")
CountHeightWidth = tuple[int, int, int]


@dataclass(frozen=True)
class SplitFiles:
    """The images and the labels of one split, any number of them, of any one size."""

    images: Path
    labels: Path

    def read_shape(self) -> CountHeightWidth:
        """Read the images' shape from the header; the labels' header must agree.

        Raises:
            DataError: every fault of both files (D026 to D029, D032).
        """
        shape, (num_labels,) = _read_all(
            partial(read_shape, self.images, num_axes=3),
            partial(read_shape, self.labels, num_axes=1),
        )
        count, height, width = shape
        faults = []
        if prod(shape) == 0:
            message = f"no image in here: the header states {count}x{height}x{width}"
            faults.append(Fault("D032", message, place=str(self.images)))
        if count != num_labels:
            message = f"{count} images, but {num_labels} labels in {self.labels.name}"
            faults.append(Fault("D029", message, place=str(self.images)))
        if faults:
            raise DataError(faults)
        return count, height, width

    def read(self, num_classes: int) -> ImageSet:
        """Read images and labels, whose headers are known to be right.

        Raises:
            DataError: a label is not below `num_classes` (D030).
        """
        labels = self.read_labels(num_classes)
        images = read_values(self.images, num_axes=3)
        return ImageSet(images.unsqueeze(1), labels)

    def read_labels(self, num_classes: int) -> Tensor:
        """Read the labels alone; sixty thousand take less than a millisecond.

        Raises:
            DataError: as `read`, or the file is damaged (D026 to D028).
        """
        labels = read_values(self.labels, num_axes=1)
        wrong = (labels >= num_classes).nonzero()
        if len(wrong):
            first = int(wrong[0])
            message = (
                f"label {first} is {int(labels[first])}, expected 0 to {num_classes - 1} "
                f"({len(wrong)} of {len(labels)} are out of range)"
            )
            raise DataError(Fault("D030", message, place=str(self.labels)))
        return labels.to(torch.int64)


class RawFiles:
    """The files of both splits in one folder, which need not be there yet.

    Args:
        folder: where the files are, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._train, self._test = (
            SplitFiles(
                folder / f"{prefix}-images-idx3-ubyte", folder / f"{prefix}-labels-idx1-ubyte"
            )
            for prefix in ("train", "t10k")
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """The four files, in an order that never changes."""
        return self._train.images, self._train.labels, self._test.images, self._test.labels

    def read_shapes(self) -> tuple[CountHeightWidth, CountHeightWidth]:
        """Read the shapes of training and test images from the headers, and compare all headers.

        Raises:
            DataError: every fault of every file (D026 to D029, D032).
        """
        train, test = _read_all(self._train.read_shape, self._test.read_shape)
        if train[1:] != test[1:]:
            message = (
                f"test images of {test[1]}x{test[2]}, but training images of {train[1]}x{train[2]}"
            )
            raise DataError(Fault("D028", message, place=str(self._test.images)))
        return train, test

    def count_by_class(self, num_classes: int) -> list[int]:
        """Count the training images of each class.

        Raises:
            DataError: as `SplitFiles.read_labels`.
        """
        return self._train.read_labels(num_classes).bincount(minlength=num_classes).tolist()

    def read(self, num_classes: int) -> tuple[ImageSet, ImageSet]:
        """Read training and test images with their labels.

        Raises:
            DataError: as `read_shapes`, or a label is not below `num_classes` (D030).
        """
        self.read_shapes()
        train, test = _read_all(
            partial(self._train.read, num_classes), partial(self._test.read, num_classes)
        )
        return train, test


def _read_all(*reads: Callable[[], T]) -> list[T]:
    faults: list[Fault] = []
    values: list[T] = []
    for read in reads:
        try:
            values.append(read())
        except DataError as error:
            faults.extend(error.faults)
    if faults:
        raise DataError(faults)
    return values
