"""Pictures of one's own, in folders."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from framework import DataBundle, DataError, DataInfo, Dataset, Fault, ImageSet, fingerprint_of
from framework_vision.picture_files import Picture, PictureFiles, find_pictures, require_folder

_CHANNELS = {"grey": 1, "rgb": 3}
_MEMORY_BYTES = 2 << 30
_TRAIN, _TEST = "train", "test"


class ImageFolder(Dataset):
    """Pictures of the user's own, all brought to one size.

    Args:
        root: the folder.
        size: height and width to which pictures are resized without regard to their proportions,
            in pixels.
        mode: whether images are grey or have colours, whatever the files hold.
        classes: whether the folder that a picture lies in is its class, or there are no classes.
        test_fraction: share of the pictures that are for testing. Names of files decide which:
            neither a seed nor the order matters. None expects the folders `train` and `test`.
        in_memory: whether all pictures are read at once, or each whenever a batch needs it; None
            reads them at once where they take 2 GiB at most.
    """

    def __init__(
        self,
        *,
        root: Path,
        size: Annotated[int, Field(ge=1, le=4096)] = 64,
        mode: Literal["rgb", "grey"] = "rgb",
        classes: Literal["folders", "none"] = "folders",
        test_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None,
        in_memory: bool | None = None,
    ) -> None:
        self._root = root.expanduser()
        self._shape = (_CHANNELS[mode], size, size)
        self._has_classes = classes == "folders"
        self._test_fraction = test_fraction
        self._is_in_memory = in_memory

    @property
    def info(self) -> DataInfo:
        """Counts and classes by the names of files and folders; no file is opened.

        Raises:
            DataError: a folder is missing (D026), a split is empty (D032), or a picture has no
                class of its own (D030).
        """
        train, test = self._splits
        return DataInfo(
            image_shape=self._shape,
            num_train=len(train),
            num_test=len(test),
            num_classes=len(self._class_names),
            class_names=self._class_names,
        )

    def fingerprint(self) -> str:
        """A digest of the names and the contents of all pictures, and of their shape."""
        names = [[picture.name for picture in split] for split in self._splits]
        paths = (picture.path for split in self._splits for picture in split)
        return fingerprint_of(f"{self._shape} {self._class_names} {names}", *paths)

    def whereabouts(self) -> str:
        """The folder."""
        return str(self._root)

    def load(self) -> DataBundle:
        """Read the pictures, or make ready to.

        Raises:
            DataError: some cannot be read (D083).
        """
        train, test = (self._images(split) for split in self._splits)
        return DataBundle(train, test)

    @cached_property
    def _splits(self) -> tuple[list[Picture], list[Picture]]:
        """Training and test pictures, each by name."""
        train, test = self._found()
        if not (train and test):
            message = f"{len(train)} pictures to train on, {len(test)} to test: both need some"
            raise DataError(Fault("D032", message, place=str(self._root)))
        if self._has_classes:
            _require_classes(train, test)
        return train, test

    @property
    def _class_names(self) -> tuple[str, ...]:
        names = {picture.folder for picture in self._splits[0]}
        return tuple(sorted(names)) if self._has_classes else ()

    def _found(self) -> tuple[list[Picture], list[Picture]]:
        require_folder(self._root)
        folders = [self._root / _TRAIN, self._root / _TEST]
        is_split = all(folder.is_dir() for folder in folders)
        if self._test_fraction is None and is_split:
            train, test = (find_pictures(folder) for folder in folders)
            return train, test
        if self._test_fraction is None or is_split:
            found = "found both" if is_split else "there are none"
            message = f"expected either the folders train and test or a test_fraction, {found}"
            hint = "leave test_fraction out" if is_split else "write test_fraction: 0.1"
            raise DataError(Fault("D026", message, place=str(self._root), hint=hint))
        pictures = find_pictures(self._root)
        num_test = max(1, round(len(pictures) * self._test_fraction))
        chosen = set(sorted(pictures, key=_draw)[:num_test])
        return [p for p in pictures if p not in chosen], [p for p in pictures if p in chosen]

    def _images(self, pictures: Sequence[Picture]) -> ImageSet:
        files = PictureFiles([picture.path for picture in pictures], self._shape)
        return ImageSet(files.read_all() if self._reads_at_once else files, self._labels(pictures))

    @property
    def _reads_at_once(self) -> bool:
        if self._is_in_memory is not None:
            return self._is_in_memory
        info = self.info
        return (info.num_train + info.num_test) * info.num_features <= _MEMORY_BYTES

    def _labels(self, pictures: Sequence[Picture]) -> Tensor | None:
        if not self._has_classes:
            return None
        places = {name: place for place, name in enumerate(self._class_names)}
        return torch.tensor([places[picture.folder] for picture in pictures])


def _draw(picture: Picture) -> bytes:
    """What decides who is drawn first: a digest, so that neither class nor order matters."""
    return hashlib.sha256(picture.name.encode(errors="surrogateescape")).digest()


def _require_classes(train: Sequence[Picture], test: Sequence[Picture]) -> None:
    known = {picture.folder for picture in train}
    hint = "put pictures into a folder for each class, or write classes: none"
    faults = []
    if loose := [picture for picture in (*train, *test) if not picture.folder]:
        message = f"lies in no folder of a class ({len(loose)} pictures in all)"
        faults.append(Fault("D030", message, place=str(loose[0].path), hint=hint))
    if strange := [p for p in test if p.folder and p.folder not in known]:
        message = f"class '{strange[0].folder}' has no picture to train on"
        faults.append(Fault("D030", message, place=str(strange[0].path), hint=hint))
    if faults:
        raise DataError(faults)
