"""What databases raise, told in words, and which of it may be over in a minute."""

import sqlite3

import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import IntegrityError, OperationalError

from framework.errors import Fault, StorageError
from framework.runs.search.database_faults import is_passing, place_of, study_faults
from framework.runs.search.storages import Heartbeat, open_storage, sqlite_url

POSTGRESQL = "postgresql://me@host/studies"


def opened(file, **options):
    return open_storage(sqlite_url(file), lambda _study, _trial: None, Heartbeat(), **options)


def test_damaged_study_is_copied_and_refused(tmp_path):
    file = tmp_path / "study.db"
    for number, words in ((1, b"no database"), (1, b"no database"), (2, b"no study")):
        file.write_bytes(words * 1000)
        with pytest.raises(StorageError) as caught:
            opened(file, creates=True)
        (fault,) = caught.value.faults
        assert fault.identifier == "S076"
        assert f"study.db.damaged-{number}" in fault.hint
        assert (tmp_path / f"study.db.damaged-{number}").read_bytes() == file.read_bytes()
    assert len([*tmp_path.glob("*.damaged-*")]) == 2


def test_server_that_is_not_there_is_told_in_one_line():
    refused = "connection to server failed: Connection refused\n\tIs the server running?"
    error = OperationalError("SELECT 1", {}, Exception(refused))
    with pytest.raises(StorageError) as caught, study_faults(POSTGRESQL):
        raise error
    (fault,) = caught.value.faults
    words = "connection to server failed: Connection refused Is the server running?"
    assert fault.identifier == "S069"
    assert fault.message == f"the study's storage cannot be reached ({words})"


@pytest.mark.parametrize(
    ("words", "is_expected"),
    [
        ("connection refused", True),
        ("the database system is starting up", True),
        ("terminating connection due to administrator command", True),
        ("deadlock detected", True),
        ('FATAL: password authentication failed for user "me"', False),
        ('FATAL: database "studies" does not exist', False),
        ("could not translate host name to address", False),
        ("could not extend file: No space left on device", False),
    ],
)
def test_server_that_may_answer_later_is_told_from_one_that_refuses(words, is_expected):
    error = OperationalError("SELECT 1", {}, Exception(words))
    assert is_passing(error) is is_expected
    wrapped = StorageInternalError("commit failed")
    wrapped.__cause__ = error
    assert is_passing(wrapped) is is_expected


def test_file_that_is_locked_is_told_from_one_that_is_damaged():
    assert is_passing(sqlite3.OperationalError("database is locked"))
    assert not is_passing(sqlite3.DatabaseError("database disk image is malformed"))
    assert not is_passing(sqlite3.OperationalError("attempt to write a readonly database"))
    assert not is_passing(IntegrityError("INSERT", {}, Exception("duplicate key")))


def test_what_kept_a_trial_from_being_told_its_end_is_what_is_told():
    lost = OperationalError("SELECT 1", {}, Exception("connection refused"))
    with pytest.raises(StorageError, match="cannot be reached"), study_faults(POSTGRESQL):
        fail_as_optuna_does(lost)
    told = StorageError(Fault("S069", "waited for in vain"))
    with pytest.raises(StorageError, match="waited for in vain"), study_faults(POSTGRESQL):
        fail_as_optuna_does(told)
    with pytest.raises(UnboundLocalError), study_faults(POSTGRESQL):
        fail_as_optuna_does(KeyError("something else"))


def fail_as_optuna_does(error):
    """Optuna's answer where it could not read how a trial has ended."""
    try:
        raise error
    finally:
        raise UnboundLocalError("cannot access local variable 'updated_state'")


def test_place_of_a_storage_keeps_its_password():
    assert place_of("postgresql://me:secret@host/studies") == "postgresql://me:***@host/studies"
    assert place_of("sqlite:////a/study.db") == "/a/study.db"
