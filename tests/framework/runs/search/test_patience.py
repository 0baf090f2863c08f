"""How long a storage that does not answer is waited for."""

import sqlite3
import threading
import time

import optuna
import pytest
from sqlalchemy.exc import OperationalError

from framework.errors import StorageError
from framework.runs.interruption import Interrupted, Interruption
from framework.runs.search.patience import Patience, patient
from framework.runs.search.storages import Heartbeat, open_storage, sqlite_url

URL = "postgresql://me@host/studies"


@pytest.fixture
def storage(empty_study_file, tmp_path):
    file = tmp_path / "study.db"
    file.write_bytes(empty_study_file.read_bytes())
    storage = open_storage(sqlite_url(file), lambda *_: None, Heartbeat())
    yield storage
    storage.remove_session()
    storage.engine.dispose()


class Failing:
    """Answers only after it has failed so many times."""

    def __init__(self, num_failures, words="connection refused"):
        self.left, self.words, self.num_calls = num_failures, words, 0

    def __call__(self):
        self.num_calls += 1
        if self.left:
            self.left -= 1
            raise OperationalError("SELECT 1", {}, Exception(self.words))
        return "answer"


def test_answer_is_waited_for_and_told_once():
    said = []
    patience = Patience(URL, seconds=5.0, warn=said.append)
    assert patience.carried_out(Failing(2)) == "answer"
    assert len(said) == 1
    assert "cannot be reached (connection refused); trying again for 5 s" in said[0]


def test_storage_that_never_answers_is_told_and_not_waited_for_again():
    patience, began = Patience(URL, seconds=0.2), time.monotonic()
    with pytest.raises(StorageError, match=r"cannot be reached, tried for 0\.2 s"):
        patience.carried_out(Failing(1000))
    assert 0.2 <= time.monotonic() - began < 2
    again = Failing(1000)
    with pytest.raises(StorageError):
        patience.carried_out(again)
    assert again.num_calls == 1


def test_what_will_not_pass_is_raised_at_once():
    refused = Failing(1, "password authentication failed")
    with pytest.raises(OperationalError):
        Patience(URL).carried_out(refused)
    assert refused.num_calls == 1


def test_little_time_is_left_once_somebody_asks_for_the_end(monkeypatch):
    monkeypatch.setattr("framework.runs.search.patience._SECONDS_WHEN_INTERRUPTED", 0.2)
    interruption = Interruption()
    interruption.request(15, None)
    assert Patience(URL, interruption=interruption).carried_out(Failing(1)) == "answer"
    with pytest.raises(Interrupted, match="framework run here"):
        Patience(URL, 60.0, interruption, "framework run here").carried_out(Failing(1000))


@pytest.mark.slow
def test_every_method_of_a_study_waits_for_the_lock(storage, tmp_path):
    said = []
    url = sqlite_url(tmp_path / "study.db")
    study = optuna.create_study(
        storage=patient(storage, Patience(url, seconds=20.0, warn=said.append)), study_name="study"
    )
    holder = sqlite3.connect(tmp_path / "study.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    freed = threading.Timer(1.5, lambda: holder.execute("COMMIT"))
    freed.start()
    study.set_user_attr("some", "thing")
    freed.join()
    holder.close()
    assert len(said) == 1
    assert "is locked (database is locked)" in said[0]
    study.optimize(lambda trial: trial.suggest_float("rate", 0, 1), n_trials=1)
    assert (study.user_attrs, len(study.trials)) == ({"some": "thing"}, 1)


@pytest.mark.slow
def test_locked_study_is_waited_for_and_then_told(storage, tmp_path, monkeypatch):
    monkeypatch.setattr("framework.runs.search.patience._FIRST_PAUSE_SECONDS", 0.01)
    patience = Patience(sqlite_url(tmp_path / "study.db"), seconds=0.1)
    study = optuna.create_study(storage=patient(storage, patience), study_name="study")
    holder = sqlite3.connect(tmp_path / "study.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError) as caught:
        study.set_user_attr("some", "thing")
    (fault,) = caught.value.faults
    assert fault.identifier == "S069"
    assert "is locked, tried for 0.1 s" in fault.message
    holder.execute("COMMIT")
    holder.close()
    study.set_user_attr("some", "thing")


@pytest.mark.slow
def test_sign_of_life_is_neither_waited_for_nor_missed(storage, tmp_path):
    patience = Patience(sqlite_url(tmp_path / "study.db"), seconds=20.0)
    waiting = patient(storage, patience)
    study = optuna.create_study(storage=waiting, study_name="study")
    study.add_trial(optuna.trial.create_trial(state=optuna.trial.TrialState.RUNNING))
    holder = sqlite3.connect(tmp_path / "study.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    waiting.record_heartbeat(study.trials[0]._trial_id)
    assert time.monotonic() - began < 10
    holder.execute("COMMIT")
    holder.close()
