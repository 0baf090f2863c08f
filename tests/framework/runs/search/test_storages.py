"""The file of a study: whole or not there, and what is said when it cannot be used."""

import sqlite3

import optuna
import pytest
from sqlalchemy.exc import OperationalError

from framework.errors import StorageError
from framework.runs.search import storages
from framework.runs.search.storages import (
    Heartbeat,
    open_storage,
    place_of,
    sqlite_url,
    study_faults,
)


def opened(file, **options):
    return open_storage(sqlite_url(file), lambda _study, _trial: None, Heartbeat(), **options)


def test_study_file_appears_complete_or_not_at_all(tmp_path):
    (tmp_path / ".tmp-study.db").write_bytes(b"half a file of a process that was killed")
    storage = opened(tmp_path / "study.db", creates=True)
    assert storage.get_all_studies() == []
    assert [path.name for path in tmp_path.glob("*tmp*")] == []


def test_study_file_may_lie_anywhere(tmp_path):
    folder = tmp_path / "what? {this} #1"
    folder.mkdir()
    optuna.create_study(storage=opened(folder / "study.db", creates=True), study_name="study")
    assert len(opened(folder / "study.db").get_all_studies()) == 1


def test_study_that_is_gone_is_refused(tmp_path):
    with pytest.raises(StorageError, match="the study is gone"):
        opened(tmp_path / "study.db")
    assert not (tmp_path / "study.db").exists()


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


@pytest.mark.slow
@pytest.mark.parametrize("num_bytes", [0, 100, 5000])
def test_study_cut_off_is_refused_in_words(tmp_path, num_bytes):
    file = tmp_path / "study.db"
    storage = opened(file, creates=True)
    storage.remove_session()
    storage.engine.dispose()
    file.write_bytes(file.read_bytes()[:num_bytes])
    with pytest.raises(StorageError), study_faults(sqlite_url(file)):
        opened(file).get_all_studies()


def test_locked_study_is_waited_for_and_then_told(tmp_path, monkeypatch):
    monkeypatch.setattr(storages, "_SECONDS_TO_WAIT", 0.1)
    file = tmp_path / "study.db"
    storage = opened(file, creates=True)
    study = optuna.create_study(storage=storage, study_name="study")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError) as caught, study_faults(sqlite_url(file)):
        study.set_user_attr("some", "thing")
    (fault,) = caught.value.faults
    assert fault.identifier == "S069"
    assert "did not answer within" in fault.message
    holder.execute("COMMIT")
    holder.close()
    study.set_user_attr("some", "thing")


def test_storage_that_nobody_answers_for_is_told(tmp_path):
    with pytest.raises(StorageError) as caught:
        opened(tmp_path / "no" / "folder" / "study.db", creates=True)
    assert caught.value.faults[0].identifier == "S051"


def test_server_that_is_not_there_is_told_in_one_line():
    refused = "connection to server failed: Connection refused\n\tIs the server running?"
    error = OperationalError("SELECT 1", {}, Exception(refused))
    with pytest.raises(StorageError) as caught, study_faults("postgresql://me@host/studies"):
        raise error
    (fault,) = caught.value.faults
    words = "connection to server failed: Connection refused Is the server running?"
    assert fault.identifier == "S069"
    assert fault.message == f"the study's storage cannot be reached ({words})"


def test_place_of_a_storage_keeps_its_password():
    assert place_of("postgresql://me:secret@host/studies") == "postgresql://me:***@host/studies"
    assert place_of("sqlite:////a/study.db") == "/a/study.db"


def test_url_that_is_none_is_refused():
    with pytest.raises(StorageError, match="expected the URL of a database"):
        open_storage("studies", lambda _study, _trial: None, Heartbeat())
