"""Files that are either the old ones or the new ones, never half of one, whatever happens.

Every write goes to a temporary file in the same folder, is forced to the disk, takes its final name
in one step, and the folder is forced to the disk after it.
"""

import errno
import fcntl
import hashlib
import json
import os
import resource
import secrets
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from framework.errors import Fault, RunLockedError, StorageError

TEMPORARY_PREFIX = ".tmp-"

_REASONS = {
    errno.EROFS: ("S051", "the file system is read-only", "choose a folder that can be written to"),
    errno.EACCES: ("S051", "permission denied", "choose a folder that can be written to"),
    errno.EPERM: ("S051", "permission denied", "choose a folder that can be written to"),
    errno.ENOENT: ("S051", "the folder is gone", "was it deleted or moved during the run?"),
    errno.ENOTDIR: ("S051", "a file stands where a folder is needed", "choose another folder"),
    errno.EIO: ("S052", "the disk reports an I/O error", "the state saved before it is intact"),
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}


def sha256_of(data: bytes) -> str:
    """The SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def storage_faults(path: Path, *, size_bytes: int = 0) -> Iterator[None]:
    """Turn an `OSError` into a `StorageError` that names the place and the way out."""
    try:
        yield
    except OSError as error:
        raise StorageError(_fault(error, path, size_bytes)) from error


def _fault(error: OSError, path: Path, size_bytes: int) -> Fault:
    if error.errno in _FULL:
        existing = next((p for p in (path, *path.parents) if p.is_dir()), Path("/"))
        free = _free_bytes(existing)
        message = (
            f"no space left on {_mount_of(existing)}: "
            f"need {size_bytes / 1e6:.1f} MB, have {free / 1e6:.1f}"
        )
        hint = "make room and run the same command again; what was saved before is intact"
        return Fault("S050", message, place=str(path), hint=hint)
    fallback = ("S051", os.strerror(error.errno or 0).lower(), "")
    identifier, reason, hint = _REASONS.get(error.errno or 0, fallback)
    return Fault(identifier, reason, place=str(path), hint=hint)


def _free_bytes(folder: Path) -> int:
    """What one file may take: the space that is free, or the limit set on this process."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    free = shutil.disk_usage(folder).free
    return free if limit == resource.RLIM_INFINITY else min(free, limit)


def _mount_of(folder: Path) -> Path:
    return next(p for p in (folder.absolute(), *folder.absolute().parents) if p.is_mount())


def make_folder(path: Path) -> Path:
    """Create a folder with its parents, each made to last."""
    with storage_faults(path):
        if not path.is_dir():
            make_folder(path.parent)
            path.mkdir(exist_ok=True)
            sync_folder(path.parent)
    return path


def make_draft(path: Path, files: Mapping[str, bytes], folders: Iterable[str]) -> None:
    """Create a folder with all that is in it, for nobody to look at before its final name.

    So each file is forced to the disk once, and the folder once, after all of them.

    Args:
        path: the folder, in one that exists.
        files: what each file in it holds, by name.
        folders: names of empty folders in it.

    Raises:
        StorageError: the disk is full, read-only or failing.
    """
    with storage_faults(path):
        path.mkdir()
        for name in folders:
            (path / name).mkdir()
    for name, data in files.items():
        with storage_faults(path / name, size_bytes=len(data)):
            _write_new(path / name, data)
    with storage_faults(path):
        sync_folder(path)


def write_durably(path: Path, data: bytes) -> str:
    """Replace `path` by `data` in one step, and answer the SHA-256 of what was written.

    A link at `path` is replaced, never followed.

    Raises:
        StorageError: the disk is full, read-only or failing; the old file is then intact.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-{secrets.token_hex(4)}")
    with storage_faults(path, size_bytes=len(data)):
        try:
            _write_new(temporary, data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    return sha256_of(data)


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        _force(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _force(descriptor)
    finally:
        os.close(descriptor)


def missing_guarantees(folder: Path) -> list[str]:
    """What the file system of an existing folder cannot do for the runs in it, in words.

    Runs are carried out all the same: on some network disks and in memory there is no other way.
    """
    with storage_faults(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    found = []
    try:
        if not _is_supported(lambda: os.fsync(descriptor)):
            found.append(f"{folder} cannot be forced to the disk: a power cut may undo saves")
        with suppress(BlockingIOError):  # locks work: another process has one
            if not _is_supported(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)):
                found.append(f"{folder} cannot be locked: do not carry the same run out twice")
    finally:
        os.close(descriptor)
    return found


def _force(descriptor: int) -> None:
    """Force what was written to the disk, where the file system can; an error is never retried."""
    _is_supported(lambda: os.fsync(descriptor))


def _is_supported(act: Callable[[], None]) -> bool:
    try:
        act()
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True


def write_json(path: Path, values: Any) -> None:
    """Write plain values as indented JSON, durably."""
    write_durably(path, json_bytes(values))


def json_bytes(values: Any) -> bytes:
    """Plain values as indented JSON; what UTF-8 cannot hold, as of odd file names, is escaped."""
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode(
        errors="backslashreplace"
    )


def append_line(path: Path, line: str, *, at_bytes: int) -> int:
    """Write a line at a byte offset, cutting off whatever lay beyond it; answer the new length.

    Saying where the line belongs makes writing it twice harmless: rows that a killed process wrote
    after its last checkpoint are overwritten, not doubled. What others have cut off stays away.
    """
    data = (line + "\n").encode()
    with storage_faults(path, size_bytes=len(data)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            at_bytes = min(at_bytes, os.fstat(descriptor).st_size)
            file.truncate(at_bytes)
            file.seek(at_bytes)
            file.write(data)
            file.flush()
            _force(file.fileno())
    return at_bytes + len(data)


def cut_back(path: Path, *, to_bytes: int) -> None:
    """Drop everything after `to_bytes`; a file that is missing or shorter is left alone."""
    with storage_faults(path):
        if path.exists() and path.stat().st_size > to_bytes:
            os.truncate(path, to_bytes)


def has_temporary_files(folder: Path) -> bool:
    """Whether writers that were killed have left something in a folder."""
    return next(folder.glob(f"{TEMPORARY_PREFIX}*"), None) is not None


def remove_temporary_files(folder: Path) -> None:
    """Delete what writers that were killed have left in a folder: files, and whole folders."""
    with storage_faults(folder):
        for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def exclusive_lock(path: Path, *, waits: bool = False) -> Iterator[None]:
    """Hold a lock on `path` for as long as the block runs; wait for it, or refuse at once.

    The kernel releases it when its holder dies, so that there is no stale lock to clean up. A
    folder can be locked as well as a file. A file system without locks is taken as it is; see
    `missing_guarantees`.

    Raises:
        RunLockedError: another process holds it; the message names the process.
    """
    is_folder = path.is_dir()
    flags = os.O_RDONLY if is_folder else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    with storage_faults(path):
        descriptor = os.open(path, flags, 0o644)
    try:
        try:
            _is_supported(lambda: fcntl.flock(descriptor, _exclusively(waits=waits)))
        except BlockingIOError:
            raise RunLockedError(_locked(path, is_folder=is_folder)) from None
        if not is_folder:
            with storage_faults(path):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps(this_process()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _exclusively(*, waits: bool) -> int:
    return fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB)


def this_process() -> dict[str, str | int]:
    """What tells this process from all others: its number, its machine, and that machine's boot."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    boot_id = boot.read_text().strip() if boot.exists() else ""
    return {"pid": os.getpid(), "host": socket.gethostname(), "boot_id": boot_id}


def _locked(path: Path, *, is_folder: bool) -> Fault:
    text = "" if is_folder else path.read_text(errors="replace")
    try:
        holder = json.loads(text)
        _require_at_work(holder)  # else who has the lock has yet to write its name
        by = f"process {holder['pid']} on {holder['host']}"
    except (ValueError, KeyError, TypeError, ProcessLookupError, OverflowError):
        by = "another process"
    place = path if is_folder else path.parent
    hint = "wait for it, or stop it with Ctrl-C there"
    return Fault("S065", f"locked by {by}", place=str(place), hint=hint)


def _require_at_work(process: Mapping[str, Any]) -> None:
    """Check that a process is alive, as far as this machine can tell."""
    here = this_process()
    if process["host"] == here["host"]:
        if process["boot_id"] != here["boot_id"]:
            raise ProcessLookupError
        with suppress(PermissionError):  # another user's
            os.kill(process["pid"], 0)
