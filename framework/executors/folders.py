"""Folders that travel: what has changed in one, and the same change made in another."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from framework.storage import TEMPORARY_PREFIX, make_folder, storage_faults, write_durably

_NUM_LOOKS = 5

Marks = Mapping[str, tuple[int, int, int]]
"""Files by their path within a folder, with inode, size in bytes, and time of the last change."""


@dataclass(frozen=True)
class Changes:
    """What has become of a folder since somebody looked at it.

    Attributes:
        files: contents of what is new or different, the oldest first, so that a file that names
            others comes after them.
        removed: what is no longer there.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    removed: Collection[str] = ()


def marks_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What distinguishes the files of a folder from what they may be later.

    Links, locks and files that are still being written are left out.
    """
    return {str(path.relative_to(folder)): mark for path, mark in _files_of(folder)}


def changes_since(seen: Marks, folder: Path) -> tuple[Changes, Marks] | None:
    """What has changed, and the new marks; None where files change faster than they are read."""
    for _ in range(_NUM_LOOKS):
        marks = marks_of(folder)
        names = [name for name in marks if marks[name] != seen.get(name)]
        try:
            files = {
                name: (folder / name).read_bytes()
                for name in sorted(names, key=lambda name: marks[name][2])
            }
        except FileNotFoundError:
            continue
        if marks_of(folder) == marks:
            return Changes(files, [name for name in seen if name not in marks]), marks
    return None


def make_changes(folder: Path, changes: Changes) -> None:
    """Let a folder become what another one has become.

    Raises:
        StorageError: the disk does not take it.
    """
    for name, data in changes.files.items():
        make_folder((folder / name).parent)
        write_durably(folder / name, data)
    with storage_faults(folder):
        for name in changes.removed:
            (folder / name).unlink(missing_ok=True)


def _files_of(folder: Path) -> Iterator[tuple[Path, tuple[int, int, int]]]:
    for path in folder.rglob("*"):
        steps = path.relative_to(folder).parts
        is_passing = any(step.startswith(TEMPORARY_PREFIX) for step in steps)
        if is_passing or path.suffix == ".lock" or path.is_symlink():
            continue
        try:
            status = path.stat()
        except FileNotFoundError:  # deleted meanwhile
            continue
        if path.is_file():
            yield path, (status.st_ino, status.st_size, status.st_mtime_ns)
