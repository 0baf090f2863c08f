"""Where a study is kept: a file in the run directory, or any database that SQLAlchemy reaches."""

import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from typing import Any

import sqlalchemy
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError

from framework.errors import Fault, StorageError
from framework.runs.search.swift_storage import IS_READ, SwiftStorage
from framework.storage import TEMPORARY_PREFIX, storage_faults, sync_folder

OnStale = Callable[[Study, FrozenTrial], Any]
"""Is told of a trial whose process has given no sign of life, and which has been failed."""

_SECONDS_TO_WAIT = 60
_SQLITE = "sqlite"
_DAMAGED = ("malformed", "not a database", "database disk image", "no such table")
_FULL = ("disk is full", "disk I/O error")
_LOCKED = ("locked", "timeout", "timed out")
_FORBIDDEN = ("readonly", "unable to open")


@dataclass(frozen=True)
class Heartbeat:
    """How a process that trains shows that it is alive.

    Attributes:
        interval_seconds: time between two signs of life.
        grace_seconds: silence after which it counts as dead.
    """

    interval_seconds: int = 10
    grace_seconds: int = 60


def open_storage(
    url: str, on_stale: OnStale, heartbeat: Heartbeat, *, creates: bool = False
) -> RDBStorage:
    """Open the database of a study.

    Args:
        url: where it is; of SQLite, a file.
        on_stale: is told of trials whose process is dead.
        heartbeat: when a process counts as dead.
        creates: whether the tables are made where there are none; one process alone may do so.

    Raises:
        StorageError: it cannot be reached, is damaged, or has no such tables.
    """
    file = _sqlite_file(url)
    with study_faults(url):
        if file is None:
            return _storage(url, {"pool_pre_ping": True}, on_stale, heartbeat, creates=creates)
        if creates and not file.exists():
            _create(file, on_stale, heartbeat)
        if not file.is_file():
            fault = Fault("S069", "the study is gone", place=str(file), hint="train with --new")
            raise StorageError(fault)
        return _sqlite_storage(file, on_stale, heartbeat, creates=False)


def close_storage(storage: RDBStorage) -> None:
    """Give back the connections to the database."""
    storage.remove_session()
    storage.engine.dispose()


def sqlite_url(file: Path) -> str:
    """The URL of a study that is a file."""
    return f"{_SQLITE}:///{file}"


@contextmanager
def study_faults(url: str) -> Iterator[None]:
    """Turn what a database raises into a `StorageError` that names the place and the way out.

    A damaged file is copied first, so that whatever is tried with it can be undone.
    """
    try:
        yield
    except (StorageInternalError, SQLAlchemyError, sqlite3.Error) as error:
        raise StorageError(_fault(error.__cause__ or error, url)) from error
    except ImportError as error:
        message = f"the storage needs a package that is missing ({error})"
        hint = "install the driver of your database, such as psycopg"
        raise StorageError(Fault("E002", message, key="search.storage", hint=hint)) from error
    except AssertionError as error:  # Optuna's answer where a trial could not be told its end
        if "Should not reach" not in str(error):
            raise
        raise StorageError(_fault(error.__context__ or error, url)) from error


def place_of(url: str) -> str:
    """What messages call a storage: its file, or its URL without the password."""
    file = _sqlite_file(url)
    return str(file) if file else sqlalchemy.make_url(url).render_as_string()


def _storage(
    url: str,
    engine_kwargs: dict[str, Any],
    on_stale: OnStale,
    heartbeat: Heartbeat,
    *,
    creates: bool,
) -> RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats count as such
        return SwiftStorage(
            url,
            engine_kwargs=engine_kwargs,
            heartbeat_interval=heartbeat.interval_seconds,
            grace_period=heartbeat.grace_seconds,
            heartbeat_stale_trial_callback=on_stale,
            skip_table_creation=not creates,
        )


def _sqlite_storage(
    file: Path, on_stale: OnStale, heartbeat: Heartbeat, *, creates: bool
) -> RDBStorage:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
        )
        if not creates:
            # A trial tells some twenty things. Power that fails may lose the last of them, and the
            # trial's run directory knows them; a process that is killed loses none.
            connection.execute("PRAGMA journal_mode = WAL").close()
            connection.execute("PRAGMA synchronous = NORMAL").close()
        return connection

    # the file is named to the driver alone: a URL would read `?` and `{` in its path
    storage = _storage(
        f"{_SQLITE}:///study.db", {"creator": connect}, on_stale, heartbeat, creates=creates
    )
    # otherwise two processes read that a trial waits, or that one is dead, and both act on it
    sqlalchemy.event.listen(storage.engine, "begin", _begin_at_once)
    return storage


def _begin_at_once(connection: sqlalchemy.Connection) -> None:
    is_read = connection.get_execution_options().get(IS_READ)
    connection.exec_driver_sql("BEGIN" if is_read else "BEGIN IMMEDIATE")


def _create(file: Path, on_stale: OnStale, heartbeat: Heartbeat) -> None:
    """Make the file so that it appears complete or not at all."""
    draft = file.with_name(f"{TEMPORARY_PREFIX}{file.name}")
    draft.unlink(missing_ok=True)
    try:
        storage = _sqlite_storage(draft, on_stale, heartbeat, creates=True)
        close_storage(storage)
        with storage_faults(file):
            draft.replace(file)
            sync_folder(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sqlite_file(url: str) -> Path | None:
    try:
        parsed = sqlalchemy.make_url(url)
    except SQLAlchemyError as error:
        message = "expected the URL of a database, such as postgresql://user@host/name"
        fault = Fault("S069", f"{message}, found '{url}'", key="search.storage")
        raise StorageError(fault) from error
    if parsed.get_backend_name() != _SQLITE:
        return None
    return Path(url.partition("///")[2])


def _fault(error: BaseException, url: str) -> Fault:
    said, place = " ".join(str(getattr(error, "orig", None) or error).split()), place_of(url)
    if any(word in said for word in _DAMAGED):
        return _damage(said, url, place)
    if any(word in said for word in _FULL):
        hint = "make room and run the same command again; what was saved before is intact"
        return Fault("S050", f"the study cannot be written ({said})", place=place, hint=hint)
    if any(word in said for word in _FORBIDDEN):
        hint = "choose a folder that can be written to"
        return Fault("S051", f"the study cannot be written ({said})", place=place, hint=hint)
    is_locked = any(word in said for word in _LOCKED)
    what = f"did not answer within {_SECONDS_TO_WAIT} s" if is_locked else "cannot be reached"
    message = f"the study's storage {what} ({said})"
    hint = "run the same command again once it does; no trial is lost"
    return Fault("S069", message, place=place, hint=hint)


def _damage(said: str, url: str, place: str) -> Fault:
    hint = "restore an older copy, or search again with --new"
    if (file := _sqlite_file(url)) is not None and file.is_file():
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
