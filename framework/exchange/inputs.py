"""What an operation is applied to: image files, folders of them, and arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from framework.errors import DataError, Fault, FrameworkError
from framework.exchange.image_files import IMAGE_SUFFIXES, ImageFile, describe_changes, read_image
from framework.runs.loaded_runs import LoadedRun


@dataclass(frozen=True)
class Inputs:
    """Images, codes or noise of the user's.

    Attributes:
        names: a name for each, unique, such as its file's without the suffix.
        values: what the operation takes.
        warnings: what was done to images so that they fit.
    """

    names: tuple[str, ...]
    values: Shaped[Tensor, "batch *axes"]
    warnings: tuple[str, ...] = ()


def read_inputs(run: LoadedRun, operation: str, paths: Sequence[Path]) -> Inputs:
    """Read what an operation shall be applied to.

    Args:
        run: the run whose operation it is.
        operation: the operation's name.
        paths: image files and folders of them, for an operation on images, or `.npy` files.

    Raises:
        DataError: all files that are missing, damaged, or do not hold what the operation takes.
    """
    takes_images = run.operations[operation].takes in {"images", "two_images"}
    reader = _Reader(run, operation, takes_images=takes_images)
    for path in paths:
        reader.read(path)
    return reader.inputs()


class _Reader:
    def __init__(self, run: LoadedRun, operation: str, *, takes_images: bool) -> None:
        self._run = run
        self._operation = operation
        self._takes_images = takes_images
        self._names: list[str] = []
        self._parts: list[Tensor] = []
        self._images: list[tuple[str, ImageFile]] = []
        self._faults: list[Fault] = []

    def read(self, path: Path) -> None:
        """Read a file, or all images of a folder; faults are kept for later."""
        if path.is_dir() and self._takes_images:
            files = list(_images_below(path))
            if not files:
                hint = f"an image's name ends in {', '.join(IMAGE_SUFFIXES)}"
                fault = Fault("D032", "there are no images in this folder", "", str(path), hint)
                self._faults.append(fault)
            for file in files:
                self._read_file(file, str(file.relative_to(path).with_suffix("")))
        else:
            self._read_file(path, path.stem)

    def inputs(self) -> Inputs:
        """All that was read, or all that is wrong with it."""
        if self._faults:
            raise DataError(self._faults)
        return Inputs(
            _distinct(self._names), torch.cat(self._parts), tuple(describe_changes(self._images))
        )

    def _read_file(self, path: Path, name: str) -> None:
        try:
            if path.suffix.lower() == ".npy":
                array = _read_array(path)
                values = self._run.prepared(self._operation, array, place=str(path))
            elif self._takes_images:
                image = read_image(path, self._run.data.image_shape)
                self._images.append((str(path), image))
                values = self._run.prepared(self._operation, image.pixels)
            else:
                takes = self._run.operations[self._operation].takes
                message = f"'{self._operation}' takes {takes}, which come as .npy files"
                raise DataError(Fault("D083", message, place=str(path)))
        except FrameworkError as error:
            self._faults += error.faults
            return
        self._parts.append(values.cpu())
        is_one = len(values) == 1
        self._names += [name if is_one else f"{name}-{i:04d}" for i in range(len(values))]


def _images_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not is_hidden:
            yield path


def _read_array(path: Path) -> np.ndarray:
    try:
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        message = f"cannot be read as an array ({type(error).__name__}: {reason})"
        raise DataError(Fault("D083", message, place=str(path))) from error


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, a second `cat` being `cat-2`."""
    taken: dict[str, None] = {}
    for name in names:
        chosen, number = name, 1
        while chosen in taken:
            number += 1
            chosen = f"{name}-{number}"
        taken[chosen] = None
    return tuple(taken)
