"""Fetching data sets through torchvision, all or nothing."""

import io
import socket
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from framework import DataError, Fault

_STALL_SECONDS = 30.0


def download_raw_files(name: str, folder: Path) -> None:
    """Fetch the raw files of torchvision's data set `name` into `folder`, which must not exist yet.

    They are fetched and checked in a temporary folder beside it, which is renamed in the end: at
    every moment the folder is complete or not there. Where another process was faster, its files
    stay.

    Raises:
        DataError: the download failed, or the place cannot be written to (D035).
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=".download-") as temporary:
            with _quiet_off_terminals(), _no_endless_waits():
                # imported only here: torchvision takes seconds, and reading needs none of it
                dataset = getattr(import_module("torchvision.datasets"), name)
                fetched = Path(dataset(temporary, train=False, download=True).raw_folder)
            for archive in fetched.glob("*.gz"):
                archive.unlink()
            _move(fetched, folder)
    except (OSError, RuntimeError, HTTPException, EOFError, zlib.error) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        message = f"download of {name} failed: {cause}"
        hint = "try again, or set `root` or FRAMEWORK_DATA to a folder that holds the files"
        raise DataError(Fault("D035", message, place=str(folder), hint=hint)) from error


def _move(fetched: Path, folder: Path) -> None:
    try:
        fetched.replace(folder)
    except OSError:
        if not folder.is_dir() or not any(folder.iterdir()):
            raise


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
