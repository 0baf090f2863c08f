"""CIFAR-10 in its binary version: read where it is, fetched where it is not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from framework import DataBundle, DataError, DataInfo, Dataset, Fault, ImageSet, fingerprint_of
from framework_vision.data_folders import DATA_VARIABLE, data_folder, holds_files, whereabouts_of
from framework_vision.downloading import Archive, download_archive
from framework_vision.leaving_out import ClassNames, LabelledDataset, leave_out_classes

_FOLDER, _PYTHON_FOLDER = "cifar-10-batches-bin", "cifar-10-batches-py"
_ARCHIVE = Archive(
    "CIFAR-10",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    size_bytes=170_052_171,
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_SHAPE = (3, 32, 32)
_RECORD_BYTES = 1 + 3 * 32 * 32  # a label, then the pixels of one channel after the other
_NUM_TRAINING_FILES = 5
_NUM_PER_FILE = 10_000  # as published
_HINT = "replace the file, or delete its folder to have the data fetched anew"


class Cifar10(LabelledDataset):
    """CIFAR-10 with all its classes; see `cifar10`.

    Args:
        root: folder that holds `cifar-10-batches-bin`, or None.
        download: whether files that are not there may be fetched.
        archive: what they are fetched from.
    """

    def __init__(self, *, root: Path | None, download: bool, archive: Archive = _ARCHIVE) -> None:
        self._folder = data_folder(root) / _FOLDER
        self._download, self._archive = download, archive
        names = [f"data_batch_{number}.bin" for number in range(1, _NUM_TRAINING_FILES + 1)]
        self._paths = [self._folder / name for name in (*names, "test_batch.bin")]

    @property
    def info(self) -> DataInfo:
        """Counts from the sizes of the files; as published where there are no files yet.

        Raises:
            DataError: files are missing or cut off (D026, D027, D028).
        """
        num_per_file = self._num_per_file() if holds_files(self._folder) else _NUM_PER_FILE
        return DataInfo(
            image_shape=_SHAPE,
            num_train=_NUM_TRAINING_FILES * num_per_file,
            num_test=num_per_file,
            num_classes=len(_CLASSES),
            class_names=_CLASSES,
        )

    def count_by_class(self) -> Sequence[int]:
        """From the training labels; as published where there are no files yet.

        Raises:
            DataError: the files are damaged.
        """
        if not holds_files(self._folder):
            return [_NUM_TRAINING_FILES * _NUM_PER_FILE // len(_CLASSES)] * len(_CLASSES)
        self._num_per_file()
        return self._read(self._paths[:-1]).labels.bincount(minlength=len(_CLASSES)).tolist()  # type: ignore[union-attr]

    def fingerprint(self) -> str:
        """A digest of the six files; fetches them where they are not there yet."""
        self._fetch_if_absent()
        self._num_per_file()
        return fingerprint_of(*self._paths)

    def whereabouts(self) -> str:
        """The folder of the files."""
        is_there = all(path.is_file() for path in self._paths)
        return whereabouts_of(self._folder, is_there=is_there, can_fetch=self._download)

    def load(self) -> DataBundle:
        """Read the files; fetches them where they are not there yet."""
        self._fetch_if_absent()
        self._num_per_file()
        return DataBundle(train=self._read(self._paths[:-1]), test=self._read(self._paths[-1:]))

    def _num_per_file(self) -> int:
        """The number of images in each file, by their sizes, which must all be the same."""
        sizes = {path: path.stat().st_size if path.is_file() else None for path in self._paths}
        expected_bytes = max((size for size in sizes.values() if size is not None), default=0)
        faults = []
        for path, size in sizes.items():
            if size is None:
                faults.append(Fault("D026", "no such file", place=str(path), hint=_HINT))
            elif size < expected_bytes:
                message = f"cut off: expected {expected_bytes} bytes, as of others, found {size}"
                faults.append(Fault("D027", message, place=str(path), hint=_HINT))
            elif size % _RECORD_BYTES or not size:
                message = f"expected images of {_RECORD_BYTES} bytes each, found {size} bytes"
                faults.append(Fault("D028", message, place=str(path), hint=_HINT))
        if faults:
            raise DataError(faults)
        return expected_bytes // _RECORD_BYTES

    def _read(self, paths: Sequence[Path]) -> ImageSet:
        records = torch.cat([_read_records(path) for path in paths])
        return ImageSet(records[:, 1:].reshape(-1, *_SHAPE), records[:, 0].to(torch.int64))

    def _fetch_if_absent(self) -> None:
        if holds_files(self._folder):
            return  # never mixed with a user's own files: what is missing there is a fault
        if self._download:
            download_archive(self._archive, self._folder)
            return
        message, hint = "no CIFAR-10 data here", f"set `root` or {DATA_VARIABLE} to the folder "
        hint += f"that holds {_FOLDER}, or write download: true"
        if (self._folder.parent / _PYTHON_FOLDER).is_dir():
            message += f", but the Python version beside it, {_PYTHON_FOLDER}, which is never read"
            hint = f"its pickles could execute code; unpack {self._archive.address} here instead"
        raise DataError(Fault("D026", message, place=str(self._folder), hint=hint))


def cifar10(
    *, root: Path | None = None, download: bool = True, leave_out: ClassNames = ()
) -> Dataset:
    """CIFAR-10: 60,000 colour pictures of ten kinds, 32x32 pixels, 10,000 of them for testing.

    The binary version is read. The Python version consists of pickles, which could execute code.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.

    Args:
        root: folder that holds `cifar-10-batches-bin`; where it is not given, the environment
            variable FRAMEWORK_DATA names it, and else it is `ignite-framework` in the user's cache
            folder.
        download: whether to fetch the files where that folder has none.
        leave_out: classes, by name or place, of which no image is trained on; the test split
            stays whole.
    """
    return leave_out_classes(Cifar10(root=root, download=download), leave_out)


def _read_records(path: Path) -> UInt8[Tensor, "batch _"]:
    records = torch.from_numpy(np.fromfile(path, dtype=np.uint8)).view(-1, _RECORD_BYTES)
    labels = records[:, 0]
    wrong = (labels >= len(_CLASSES)).nonzero()
    if len(wrong):
        first = int(wrong[0])
        message = (
            f"label {first} is {int(labels[first])}, expected 0 to {len(_CLASSES) - 1} "
            f"({len(wrong)} of {len(labels)} are out of range)"
        )
        raise DataError(Fault("D030", message, place=str(path), hint=_HINT))
    return records
