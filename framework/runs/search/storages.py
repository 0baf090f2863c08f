"""Where a study is kept: a file in the run directory, or any database that SQLAlchemy reaches."""

import sqlite3
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from framework.errors import Fault, StorageError
from framework.runs.search.database_faults import SQLITE, sqlite_file, study_faults
from framework.runs.search.swift_storage import IS_READ, fitting_storage
from framework.storage import TEMPORARY_PREFIX, storage_faults, sync_folder

OnStale = Callable[[Study, FrozenTrial], Any]
"""Is told of a trial whose process has given no sign of life, and which has been failed."""

_LIMITS = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "keepalives_idle": 30}
"""What libpq is told: seconds to connect, milliseconds without an answer, seconds of silence."""
_SECONDS_FOR_A_LOCK = 1.0
"""Longer waits are not the driver's, which hears no signal meanwhile."""


@dataclass(frozen=True)
class Heartbeat:
    """How a process that trains shows that it is alive.

    Attributes:
        interval_seconds: time between two signs of life.
        grace_seconds: silence after which it counts as dead; longer than it may have to wait for
            the storage, meanwhile it cannot give any.
    """

    interval_seconds: int = 10
    grace_seconds: int = 90


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
    file = sqlite_file(url)
    with study_faults(url):
        if file is None:
            engine_kwargs = {"pool_pre_ping": True, "connect_args": _connect_args(url)}
            return _storage(url, engine_kwargs, on_stale, heartbeat, creates=creates)
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
    return f"{SQLITE}:///{file}"


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
        return fitting_storage()(
            url,
            engine_kwargs=engine_kwargs,
            heartbeat_interval=heartbeat.interval_seconds,
            grace_period=heartbeat.grace_seconds,
            heartbeat_stale_trial_callback=on_stale,
            skip_table_creation=not creates,
        )


def _connect_args(url: str) -> dict[str, Any]:
    """Let a server that is gone without a word be noticed, unless the URL says otherwise."""
    known = sqlalchemy.make_url(url)
    limits = _LIMITS if known.drivername.partition("+")[2] in {"psycopg", "psycopg2", ""} else {}
    is_theirs = known.get_backend_name() == "postgresql"
    return {k: v for k, v in limits.items() if is_theirs and k not in known.query}


def _sqlite_storage(
    file: Path, on_stale: OnStale, heartbeat: Heartbeat, *, creates: bool
) -> RDBStorage:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, timeout=_SECONDS_FOR_A_LOCK, isolation_level=None, check_same_thread=False
        )
        if not creates:
            # A trial tells some twenty things. Power that fails may lose the last of them, and the
            # trial's run directory knows them; a process that is killed loses none.
            connection.execute("PRAGMA journal_mode = WAL").close()
            connection.execute("PRAGMA synchronous = NORMAL").close()
        return connection

    # the file is named to the driver alone: a URL would read `?` and `{` in its path
    storage = _storage(
        f"{SQLITE}:///study.db", {"creator": connect}, on_stale, heartbeat, creates=creates
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
