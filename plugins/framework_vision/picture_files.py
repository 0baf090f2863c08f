"""Picture files in folders: which there are, and their pixels when they are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from framework import IMAGE_SUFFIXES, DataError, Fault, LazyImages, read_image

_MAX_FAULTS = 20


@dataclass(frozen=True)
class Picture:
    """A picture file.

    Attributes:
        path: the file.
        name: its path below the folder that was searched, with slashes.
    """

    path: Path
    name: str

    @property
    def folder(self) -> str:
        """Name of the first folder on the way to it; empty where it lies in the folder itself."""
        first, separator, _ = self.name.partition("/")
        return first if separator else ""


def require_folder(folder: Path) -> None:
    """Check that there is a folder.

    Raises:
        DataError: there is none (D026).
    """
    if not folder.is_dir():
        message = "no such folder" if not folder.exists() else "not a folder"
        raise DataError(Fault("D026", message, place=str(folder), hint="set `dataset.root`"))


def find_pictures(folder: Path) -> list[Picture]:
    """The picture files of a folder and of all folders in it, by name; none that is hidden.

    Raises:
        DataError: there is no such folder (D026).
    """
    require_folder(folder)
    found = (path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    pictures = (Picture(path, path.relative_to(folder).as_posix()) for path in found)
    shown = [p for p in pictures if not any(part.startswith(".") for part in p.name.split("/"))]
    return sorted((p for p in shown if p.path.is_file()), key=lambda picture: picture.name)


class PictureFiles(LazyImages):
    """Picture files, read one by one.

    Args:
        paths: the files.
        shape: (channels, height, width) that each is brought to, as `framework apply` does.
    """

    def __init__(self, paths: Sequence[Path], shape: tuple[int, int, int]) -> None:
        self._paths, self._shape = list(map(str, paths)), shape

    def __len__(self) -> int:
        return len(self._paths)

    def read(self, place: int) -> UInt8[Tensor, "channels height width"]:
        """Read one picture.

        Raises:
            DataError: it is missing or damaged (D083).
        """
        return torch.from_numpy(read_image(Path(self._paths[place]), self._shape).pixels.copy())

    def read_all(self) -> UInt8[Tensor, "batch channels height width"]:
        """Read all pictures.

        Raises:
            DataError: some are missing or damaged; the first twenty are named.
        """
        images = torch.empty(len(self), *self._shape, dtype=torch.uint8)
        faults: list[Fault] = []
        for place in range(len(self)):
            try:
                images[place] = self.read(place)
            except DataError as error:
                faults += error.faults
            if len(faults) == _MAX_FAULTS:
                break
        if faults:
            raise DataError(faults)
        return images
