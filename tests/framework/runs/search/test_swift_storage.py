"""What is read is what Optuna reads, whatever a trial holds."""

import sqlite3
from math import inf, nan

import optuna
import pytest
import sqlalchemy
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from framework.errors import StorageError
from framework.runs.search import storages, swift_storage
from framework.runs.search.database_faults import study_faults
from framework.runs.search.findings import read_findings
from framework.runs.search.storages import Heartbeat, open_storage, sqlite_url
from framework.runs.search.swift_storage import SwiftStorage, fitting_storage

SPACE = {
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "width": IntDistribution(2, 8, step=2),
    "kind": CategoricalDistribution(("adam", None, 3, True)),
}
DRAWN = {"rate": 0.01, "width": 4, "kind": None}
ATTRIBUTES = {"run": "trial-0000", "terms": {"loss": [0.5, None]}, "kills": 2}
TRIALS = [
    {"value": 0.25, "params": DRAWN, "distributions": SPACE, "user_attrs": ATTRIBUTES},
    {"value": -inf, "intermediate_values": {3: 0.5, 1: nan, 2: inf}},
    {"value": inf, "system_attrs": {"constraints:bound": 1.0, "grid_id": 7}},
    {"state": TrialState.PRUNED, "intermediate_values": {1: -inf}},
    {"state": TrialState.WAITING, "params": DRAWN, "distributions": SPACE},
    {"state": TrialState.FAIL, "user_attrs": {"reason": "it is 'broken'"}},
]


@pytest.fixture
def both(make_study, tmp_path):
    """Makes a study of these trials, and answers it as we read it and as Optuna does."""

    def both(trials, **options):
        ours = make_study(**options)
        ours.add_trials([create_trial(**trial) for trial in trials])
        storage = RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
        return ours, optuna.load_study(storage=storage, study_name="study")

    return both


def test_all_trials_are_read_as_optuna_reads_them(both):
    ours, theirs = both(TRIALS)
    found, expected = ours.get_trials(), theirs.get_trials()
    assert len(found) == len(TRIALS)
    assert list(map(contents, found)) == list(map(contents, expected))
    assert [list(trial.params) for trial in found] == [list(trial.params) for trial in expected]


def test_values_of_several_objectives_keep_their_order(both):
    trials = [{"values": [0.5, -0.25, inf]}]
    ours, theirs = both(trials, directions=["minimize", "maximize", "minimize"])
    assert ours.trials[0].values == theirs.trials[0].values == [0.5, -0.25, inf]


def test_trial_at_work_is_read_anew_each_time(both):
    ours, theirs = both(TRIALS[:1])
    seen = []

    def look(trial):
        trial.suggest_float("rate", 1e-4, 1.0, log=True)
        for step in (1, 2):
            trial.report(step / 4, step)
            trial.set_user_attr("steps", step)
            seen.append([contents(study.get_trials()[-1]) for study in (ours, theirs)])
        return 1.0

    ours.optimize(look, n_trials=1)
    assert all(found == expected for found, expected in seen)
    assert len({found for found, _ in seen}) == 2
    assert list(map(contents, ours.trials)) == list(map(contents, theirs.trials))


def test_dimension_is_written_alike_in_every_trial_and_kept_apart_from_another(both):
    ours, theirs = both([])

    def draw(trial):
        return len([trial._suggest(name, each) for name, each in SPACE.items()])

    ours.optimize(draw, n_trials=3)
    assert list(map(contents, ours.trials)) == list(map(contents, theirs.trials))
    assert ours.trials[2].distributions == SPACE
    with pytest.raises(ValueError, match="different distribution kind"):
        ours.optimize(lambda trial: trial.suggest_int("rate", 1, 2), n_trials=1)


def test_states_that_are_asked_for_are_those_read(both):
    ours, _ = both(TRIALS)
    states = (TrialState.WAITING, TrialState.FAIL)
    assert [trial.number for trial in ours.get_trials(states=states)] == [4, 5]


def test_study_in_the_same_file_is_another(both):
    ours, _ = both(TRIALS)
    other = optuna.create_study(storage=ours._storage, study_name="other")
    other.add_trial(create_trial(value=1.0))
    assert len(ours.trials) == len(TRIALS)
    assert [trial.value for trial in other.trials] == [1.0]


def test_trial_that_has_ended_takes_no_more_attributes(both):
    ours, theirs = both(TRIALS[:1])
    with pytest.raises(UpdateFinishedTrialError):
        ours._storage.set_trial_user_attr(ours.trials[0]._trial_id, "late", 1)
    assert contents(theirs.trials[0]) == contents(ours.trials[0])


def test_what_is_not_there_is_told_as_optuna_tells_it(empty_study_file):
    storage = open_storage(sqlite_url(empty_study_file), lambda *_: None, Heartbeat())
    with pytest.raises(KeyError):
        storage.get_trial(99)
    with pytest.raises(KeyError):
        storage.set_trial_user_attr(99, "key", 1)
    with pytest.raises(KeyError):
        storage.get_all_trials(99)
    storage.remove_session()
    storage.engine.dispose()


@pytest.mark.parametrize("change", ["renamed", "another signature", "another column"])
def test_another_version_of_optuna_reads_its_trials_itself(change, monkeypatch):
    assert fitting_storage() is SwiftStorage
    if change == "renamed":
        monkeypatch.delattr(RDBStorage, "_set_trial_param")
    elif change == "another signature":
        monkeypatch.setattr(RDBStorage, "_get_trials", dict.get)
    else:
        columns = sqlalchemy.table("trials", sqlalchemy.column("no_such_column")).c
        monkeypatch.setattr(swift_storage, "_TRIALS_WANTED", sqlalchemy.select(*columns))
    assert fitting_storage() is RDBStorage


@pytest.mark.slow
def test_search_does_without_this_storage(searched, monkeypatch):
    monkeypatch.setattr(storages, "fitting_storage", lambda: RDBStorage)
    record = searched(2)
    assert (record.status, len(read_findings(record.directory).trials)) == ("finished", 2)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("trials", "datetime_start", "2026-\x11"),
        ("trials", "state", "COMPLETEd"),
        ("trial_params", "distribution_json", '{"name": "Other"}'),
        ("trial_user_attributes", "value_json", '{"run'),
        ("study_user_attributes", "value_json", "'"),
    ],
)
def test_rows_that_nobody_wrote_are_told_as_damage(tmp_path, make_study, table, column, value):
    study = make_study()
    study.set_user_attr("declared", {})
    study.add_trial(create_trial(**TRIALS[0]))
    connection = sqlite3.connect(tmp_path / "study.db")
    connection.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608  ours
    connection.commit()
    connection.close()
    with pytest.raises(StorageError) as caught, study_faults(sqlite_url(tmp_path / "study.db")):
        read_all(tmp_path / "study.db")
    assert caught.value.faults[0].identifier == "S076"
    assert (tmp_path / "study.db.damaged-1").is_file()


def read_all(file):
    """Read a study as whoever has not seen it yet."""
    storage = open_storage(sqlite_url(file), lambda *_: None, Heartbeat())
    try:
        study = optuna.load_study(storage=storage, study_name="study")
        return study.user_attrs, study.get_trials()
    finally:
        storage.remove_session()
        storage.engine.dispose()


def contents(trial):
    """All that a trial holds, in a form in which NaN equals NaN; Optuna keeps no order of rows."""
    held = {
        name: sorted(map(repr, value.items())) if isinstance(value, dict) else value
        for name, value in vars(trial).items()
    }
    return repr(held)
