"""Fetching data sets, all or nothing."""

import hashlib
import io
import shutil
import socket
import sys
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from http.client import HTTPException
from importlib import import_module
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from framework import DataError, Fault

_STALL_SECONDS = 30.0
_CHUNK_BYTES = 1 << 20
_PREFIX = ".download-"
_SECONDS_OF_A_DAY = 24 * 60 * 60  # no download takes that long


@dataclass(frozen=True)
class Archive:
    """A gzipped tar archive to be fetched.

    Attributes:
        name: what messages call its content.
        address: where it is fetched from.
        size_bytes: its size.
        sha256: its digest, in hex digits.
    """

    name: str
    address: str
    size_bytes: int
    sha256: str


def download_raw_files(name: str, folder: Path) -> None:
    """Fetch the raw files of torchvision's data set `name` into `folder`, which must not exist yet.

    They are fetched and checked in a temporary folder beside it, which is renamed in the end: at
    every moment the folder is complete or not there. Where another process was faster, its files
    stay.

    Raises:
        DataError: the download failed, or the place cannot be written to (D035).
    """
    with _failures_told(name, folder), _folder_beside(folder) as temporary:
        with _quiet_off_terminals(), _no_endless_waits():
            # imported only here: torchvision takes seconds, and reading needs none of it
            dataset = getattr(import_module("torchvision.datasets"), name)
            fetched = Path(dataset(temporary, train=False, download=True).raw_folder)
        for archive in fetched.glob("*.gz"):
            archive.unlink()
        _move(fetched, folder)


def download_archive(archive: Archive, folder: Path) -> None:
    """Fetch an archive and put the files that it holds into `folder`, which must not exist yet.

    Nothing is unpacked before size and digest are right; else as `download_raw_files`.

    Raises:
        DataError: the download failed, what came is not the archive, or the place cannot be
            written to (D035).
    """
    with _failures_told(archive.name, folder), _folder_beside(folder) as temporary:
        packed, unpacked = temporary / "archive", temporary / "files"
        _fetch(archive, packed)
        unpacked.mkdir()
        with tarfile.open(packed, "r:gz") as members:
            for member in members:
                if content := members.extractfile(member):
                    (unpacked / PurePosixPath(member.name).name).write_bytes(content.read())
        _move(unpacked, folder)


def _fetch(archive: Archive, file: Path) -> None:
    digest, size_bytes = hashlib.sha256(), 0
    address = archive.address
    with urlopen(address, timeout=_STALL_SECONDS) as answer, file.open("wb") as out:  # noqa: S310  ours
        while size_bytes <= archive.size_bytes and (chunk := answer.read(_CHUNK_BYTES)):
            out.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
    if size_bytes != archive.size_bytes:
        raise OSError(f"expected {archive.size_bytes} bytes from {address}, found {size_bytes}")
    if digest.hexdigest() != archive.sha256:
        raise OSError(f"{address} is corrupted: its sha256 is {digest.hexdigest()}")


def _move(fetched: Path, folder: Path) -> None:
    try:
        fetched.replace(folder)
    except OSError:
        if not folder.is_dir() or not any(folder.iterdir()):
            raise


@contextmanager
def _folder_beside(folder: Path) -> Iterator[Path]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left_behind in folder.parent.glob(f"{_PREFIX}*"):  # by a process that was killed
        if time.time() - left_behind.stat().st_mtime > _SECONDS_OF_A_DAY:
            shutil.rmtree(left_behind, ignore_errors=True)
    with TemporaryDirectory(dir=folder.parent, prefix=_PREFIX) as temporary:
        yield Path(temporary)


@contextmanager
def _failures_told(name: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        RuntimeError,
        HTTPException,
        EOFError,
        tarfile.TarError,
        zlib.error,
    ) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        message = f"download of {name} failed: {cause}"
        hint = "try again, or set `root` or FRAMEWORK_DATA to a folder that holds the files"
        raise DataError(Fault("D035", message, place=str(folder), hint=hint)) from error


@contextmanager
def _quiet_off_terminals() -> Iterator[None]:
    # torchvision's progress bar would fill a log with control characters
    if sys.stderr.isatty():
        yield
    else:
        with redirect_stderr(io.StringIO()):
            yield


@contextmanager
def _no_endless_waits() -> Iterator[None]:
    # torchvision sets no timeout: a server that falls silent would hold the run for ever
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_STALL_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
