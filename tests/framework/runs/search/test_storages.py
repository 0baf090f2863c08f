"""The file of a study: whole or not there, and what is said when it cannot be used."""

import optuna
import pytest

from framework.errors import StorageError
from framework.runs.search.database_faults import study_faults
from framework.runs.search.storages import Heartbeat, open_storage, sqlite_url


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


def test_storage_that_nobody_answers_for_is_told(tmp_path):
    with pytest.raises(StorageError) as caught:
        opened(tmp_path / "no" / "folder" / "study.db", creates=True)
    assert caught.value.faults[0].identifier == "S051"


def test_url_that_is_none_is_refused():
    with pytest.raises(StorageError, match="expected the URL of a database"):
        open_storage("studies", lambda _study, _trial: None, Heartbeat())
