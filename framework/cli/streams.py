"""Standard streams that may be closed, or take only some characters, without any harm."""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TextIO

Stream = TextIO | io.TextIOBase


class LastingStream(io.TextIOBase):
    """A stream that goes on, into nothing, once its reader is gone or its disk is full.

    Training does not end because nobody looks on.

    Args:
        stream: where text goes for as long as it is taken.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here
        """Encoding of the stream below."""
        return self._stream.encoding

    def fileno(self) -> int:
        """Descriptor of the stream below."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream below is a terminal."""
        return self._stream.isatty()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Pass text on, or drop it."""
        try:
            self._stream.write(text)
        except OSError:
            discard_output(self._stream)
        return len(text)

    def flush(self) -> None:
        """Pass on what is held back, or drop it."""
        try:
            self._stream.flush()
        except OSError:
            discard_output(self._stream)


@contextmanager
def lasting_stdout() -> Iterator[None]:
    """Let nothing that is written to stdout inside fail, by whomever."""
    with redirect_stdout(LastingStream(sys.stdout)):
        yield


def prepare_streams() -> None:
    """Let stdout and stderr take any character, even where there are none of them."""
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_broken(stream: Stream) -> bool:
    """Tell whether the reader of a pipe is gone."""
    poller = select.poll()
    try:
        poller.register(stream.fileno(), 0)
    except io.UnsupportedOperation:  # a stream in memory
        return False
    return any(flags & select.POLLERR for _, flags in poller.poll(0))


def discard_output(stream: Stream) -> None:
    """Send everything held back in a stream, and all that follows, to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except io.UnsupportedOperation:  # a stream in memory cannot break again either
        return
    finally:
        os.close(nowhere)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
