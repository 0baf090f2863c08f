"""What databases raise, said in words that help."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

import sqlalchemy
from optuna.exceptions import StorageInternalError
from sqlalchemy import exc
from sqlalchemy.exc import SQLAlchemyError

from framework.errors import Fault, FrameworkError, StorageError
from framework.storage import storage_faults

SQLITE = "sqlite"
"""What URLs of a study begin with that is a file."""
UNANSWERED = "S069"
"""Identifier of the fault that a database does not answer, or is not there."""
MISHAPS = (StorageInternalError, SQLAlchemyError, sqlite3.Error)
"""What comes of a database that does not do what it is asked to."""

_DAMAGED = (
    "malformed",
    "not a database",
    "database disk image",
    "no such table",
    "Could not decode",
)
_FULL = ("disk is full", "disk I/O error", "No space left")
_LOCKED = ("locked", "lock timeout", "Lock wait timeout")
_FORBIDDEN = ("readonly", "unable to open")
_REFUSED = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "permission denied",
    "translate host name",
    "not known",
    "no password supplied",
    "Access denied",
    "Unknown database",
)
"""What servers say to those whom they would not let in later, either."""


@contextmanager
def study_faults(url: str) -> Iterator[None]:
    """Turn what a database raises into a `StorageError` that names the place and the way out.

    A damaged file is copied first, so that whatever is tried with it can be undone.
    """
    try:
        yield
    except MISHAPS as error:
        raise StorageError(_fault(error, url)) from error
    except ImportError as error:
        message = f"the storage needs a package that is missing ({error})"
        hint = "install the driver of your database, such as psycopg"
        raise StorageError(Fault("E002", message, key="search.storage", hint=hint)) from error
    except (AssertionError, UnboundLocalError) as error:
        # Optuna's answers where a trial could not be told its end, or what it ended with be read
        if (told := _in_the_way(error)) is None:
            raise
        if isinstance(told, FrameworkError):
            raise told from error
        raise StorageError(_fault(told, url)) from error


def is_passing(error: BaseException) -> bool:
    """Whether a database may answer later: it is locked, or cannot be reached just now."""
    root = _root(error)
    said = _said(root)
    if isinstance(getattr(root, "orig", root), sqlite3.Error):
        return "locked" in said
    is_of_connection = isinstance(
        root, (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
    )
    is_lost = is_of_connection or getattr(root, "connection_invalidated", False)
    return is_lost and not any(word in said for word in (*_REFUSED, *_FULL))


def unanswered(error: BaseException, url: str, seconds: float = 0.0) -> Fault:
    """What is said of a storage that does not answer, and has not for some time."""
    said = _said(_root(error))
    what = "is locked" if any(word in said for word in _LOCKED) else "cannot be reached"
    tried = f", tried for {seconds:g} s" if seconds else ""
    hint = "run the same command again once it answers; no trial is lost"
    message = f"the study's storage {what}{tried} ({said})"
    return Fault(UNANSWERED, message, place=place_of(url), hint=hint)


def place_of(url: str) -> str:
    """What messages call a storage: its file, or its URL without the password."""
    file = sqlite_file(url)
    return str(file) if file else sqlalchemy.make_url(url).render_as_string()


def sqlite_file(url: str) -> Path | None:
    """The file of a study; None where it is on a server.

    Raises:
        StorageError: this is no URL.
    """
    try:
        parsed = sqlalchemy.make_url(url)
    except SQLAlchemyError as error:
        message = "expected the URL of a database, such as postgresql://user@host/name"
        fault = Fault(UNANSWERED, f"{message}, found '{url}'", key="search.storage")
        raise StorageError(fault) from error
    if parsed.get_backend_name() != SQLITE:
        return None
    return Path(url.partition("///")[2])


def _fault(error: BaseException, url: str) -> Fault:
    said, place = _said(_root(error)), place_of(url)
    if any(word in said for word in _DAMAGED):
        return _damage(said, url, place)
    if any(word in said for word in _FULL):
        hint = "make room and run the same command again; what was saved before is intact"
        return Fault("S050", f"the study cannot be written ({said})", place=place, hint=hint)
    if any(word in said for word in _FORBIDDEN):
        hint = "choose a folder that can be written to"
        return Fault("S051", f"the study cannot be written ({said})", place=place, hint=hint)
    return unanswered(error, url)


def _in_the_way(error: BaseException) -> BaseException | None:
    """What kept a trial from being told its end; None where nothing did."""
    met = error.__context__
    while met is not None and not isinstance(met, (FrameworkError, *MISHAPS)):
        met = met.__context__
    return met


def _root(error: BaseException) -> BaseException:
    """What a database raised, of whatever became of it."""
    found = error
    while not isinstance(found, (SQLAlchemyError, sqlite3.Error)) and found.__cause__ is not None:
        found = found.__cause__
    return found


def _said(error: BaseException) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _damage(said: str, url: str, place: str) -> Fault:
    hint = "restore an older copy, or search again with --new"
    if (file := sqlite_file(url)) is not None and file.is_file():
        copy = next(
            path
            for number in range(1, 1_000_000)
            if not (path := file.with_name(f"{file.name}.damaged-{number}")).exists()
            or cmp(file, path, shallow=False)
        )
        if not copy.exists():
            with storage_faults(copy):
                shutil.copy2(file, copy)
        mend = f"sqlite3 {file} .recover | sqlite3 mended.db"
        hint = f"a copy is in {copy.name}; mend it with: {mend}"
    return Fault("S076", f"the study is damaged ({said})", place=place, hint=hint)
