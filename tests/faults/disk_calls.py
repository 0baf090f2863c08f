"""The calls by which a process changes files, counted, recorded, and made to go wrong at one.

Patches the running process and nothing else: it is called in a fork that is about to train.
"""

import errno
import os
import signal
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

FAILURES = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Disturbance:
    """What happens at the call of a number, counted from 1.

    `kind` is `before` or `after` (the process kills itself), `torn` (half of what is written, then
    it does), `short` (half of what is written, and the call says so) or an error of `FAILURES`.
    """

    number: int
    kind: str


class DiskCalls:
    """Stands between a process and the file system, for what lies under one folder.

    Args:
        root: the folder.
        record: a file that gets a line per call; outside the folder.
        disturbance: what goes wrong, and when.
    """

    def __init__(self, root: Path, record: Path, disturbance: Disturbance | None = None) -> None:
        self._root = os.path.realpath(root)
        self._descriptor = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._disturbance, self._count = disturbance, 0
        self._write = os.write

    def install(self) -> None:
        """Put itself in the place of the functions of `os` that change files."""
        for name in ("mkdir", "unlink", "rmdir", "replace", "rename", "truncate", "link"):
            self._intercept(name, lambda path, *_, **__: os.fsdecode(path))
        self._intercept("fsync", _path_of)
        self._intercept("ftruncate", _path_of)
        self._intercept("open", _written_path)
        self._intercept("write", _path_of)
        os.fdopen = self._fdopen(os.fdopen)  # its files write past os.write

    def _intercept(self, name: str, path_of: Callable[..., str]) -> None:
        real = getattr(os, name)

        def call(*given: Any, **named: Any) -> Any:
            path = path_of(*given, **named)
            if not self._concerns(path):
                return real(*given, **named)
            target = os.fsdecode(given[1]) if name in {"replace", "rename"} else ""
            size = len(given[1]) if name == "write" else None
            return self._carried_out(name, path, target, lambda: real(*given, **named), given, size)

        setattr(os, name, call)

    def _concerns(self, path: str) -> bool:
        return bool(path) and os.path.realpath(path).startswith(self._root)

    def _carried_out(
        self,
        name: str,
        path: str,
        target: str,
        act: Callable[[], Any],
        given: Any,
        size: int | None,
    ) -> Any:
        self._count += 1
        self._tell(f"{name}\t{path}\t{target}\n")
        due, kind = self._disturbance, ""
        if due is not None and due.number == self._count:
            kind = due.kind
        if kind in FAILURES:
            raise OSError(FAILURES[kind], os.strerror(FAILURES[kind]), path)
        if kind in {"torn", "short"} and size is not None and size > 1:
            written = self._write(given[0], bytes(given[1])[: size // 2])
            if kind == "short":
                return written
            _die()
        if kind in {"before", "torn"}:
            _die()
        result = act()
        if kind == "after":
            _die()
        return result

    def _tell(self, line: str) -> None:
        self._write(self._descriptor, line.encode())

    def _fdopen(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def fdopen(descriptor: int, mode: str = "r", *given: Any, **named: Any) -> Any:
            if "b" in mode and mode != "rb" and self._concerns(_path_of(descriptor)):
                named["buffering"] = 0
                return _Written(real(descriptor, mode, *given, **named))
            return real(descriptor, mode, *given, **named)

        return fdopen


class _Written:
    """A file without a buffer whose calls go through `os`."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file.fileno(), view) :]
        return len(data)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._file.fileno(), size)


def _path_of(descriptor: int, *_: Any, **__: Any) -> str:
    try:
        mode = os.fstat(descriptor).st_mode
        is_lasting = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        return str(Path(f"/proc/self/fd/{descriptor}").readlink()) if is_lasting else ""
    except (OSError, TypeError):
        return ""


def _written_path(path: Any, flags: int = 0, *_: Any, **__: Any) -> str:
    return os.fsdecode(path) if flags & WRITING else ""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def order_faults(lines: list[str]) -> list[str]:
    """What a loss of power could spoil, by a record of calls.

    A file must reach the disk between the last change of its bytes and its final name, and the
    folder must after the name; `metrics.jsonl` must before the next file gets its name.
    """
    calls = [line.split("\t") for line in lines]
    faults: list[str] = []
    unsynced: set[str] = set()  # files whose bytes may not be on the disk
    renamed: dict[str, str] = {}  # folder -> name that may not be on the disk
    for name, path, target in calls:
        if name in {"write", "truncate", "ftruncate"}:
            unsynced.add(path)
        elif name == "fsync":
            unsynced.discard(path)
            renamed.pop(path, None)
        elif name in {"replace", "rename"}:
            faults += [
                f"{target}: named before {each} was synced" for each in _in_way(unsynced, path)
            ]
            faults += [f"{target}: named before {each} was" for each in renamed.values()]
            renamed[os.path.dirname(target)] = target  # noqa: PTH120  a text
    faults += [f"{each}: its bytes were never synced" for each in unsynced if _must_last(each)]
    return faults + [f"{each}: its folder was never synced" for each in renamed.values()]


def _must_last(path: str) -> bool:
    """Whether a file is more than a log, or a lock, which dies with its holder."""
    return not path.endswith((".txt", ".lock"))


def _in_way(unsynced: set[str], source: str) -> list[str]:
    return [
        p for p in unsynced if p == source or p.startswith(f"{source}/") or p.endswith(".jsonl")
    ]
