"""Data sets of which some classes are kept from training, to be met in the test split only."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

import torch
from torch import Tensor

from framework import DataBundle, DataInfo, Dataset, ImageSet, fingerprint_of

ClassNames = tuple[int | str, ...]
"""Classes as a recipe writes them: names, or places in the list of names, counted from 0."""


class LabelledDataset(Dataset):
    """A data set that can tell how many training images each class has."""

    @abstractmethod
    def count_by_class(self) -> Sequence[int]:
        """Number of training images of each class; as cheap as `info`."""


class WithoutClasses(Dataset):
    """A data set whose training images hold none of some classes; its test split stays whole.

    Args:
        whole: the data set with all its classes.
        left_out: the labels of the classes that training shall not see.
    """

    def __init__(self, whole: LabelledDataset, left_out: Sequence[int]) -> None:
        self._whole = whole
        self._left_out = tuple(left_out)

    @property
    def info(self) -> DataInfo:
        """That of the whole data set, with the training images that remain."""
        info, counts = self._whole.info, self._whole.count_by_class()
        return replace(
            info,
            num_train=info.num_train - sum(counts[label] for label in self._left_out),
            left_out_classes=self._left_out,
        )

    def fingerprint(self) -> str:
        """A digest of the whole data set and of what is left out."""
        return fingerprint_of(self._whole.fingerprint(), f"without classes {self._left_out}")

    def whereabouts(self) -> str:
        """Where the whole data set is."""
        return self._whole.whereabouts()

    def load(self) -> DataBundle:
        """Read everything and drop the training images of the classes left out."""
        bundle = self._whole.load()
        return DataBundle(train=_without(bundle.train, self._left_out), test=bundle.test)


def leave_out_classes(whole: LabelledDataset, classes: ClassNames) -> Dataset:
    """Keep classes from training; without any, answer the data set as it is.

    Args:
        whole: the data set with all its classes.
        classes: names of classes, or their places in the list of names.

    Raises:
        ValueError: a class is unknown, or none would be left.
    """
    if not classes:
        return whole
    names = whole.info.class_names
    if faults := list(_faults(classes, names)):
        raise ValueError("; ".join(faults))
    labels = sorted({c if isinstance(c, int) else names.index(c) for c in classes})
    if len(labels) == len(names):
        raise ValueError(f"leave_out names all {len(names)} classes; leave some for training")
    return WithoutClasses(whole, labels)


def _faults(classes: ClassNames, names: Sequence[str]) -> Iterator[str]:
    for each in classes:
        if isinstance(each, int) and not 0 <= each < len(names):
            yield f"leave_out: expected a class from 0 to {len(names) - 1}, found {each}"
        elif isinstance(each, str) and each not in names:
            near = get_close_matches(each, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"they are {', '.join(names)}"
            yield f"leave_out: no class named '{each}'; {hint}"


def _without(images: ImageSet, left_out: Sequence[int]) -> ImageSet:
    labels: Tensor = images.labels  # type: ignore[assignment]  # a labelled data set has them
    return images.subset((~torch.isin(labels, torch.tensor(left_out))).nonzero().flatten())
