"""Trials of processes that are dead, found and taken up again."""

import subprocess
import sys
import time
import warnings

import pytest
from optuna import TrialPruned
from optuna.trial import TrialState, create_trial

from framework.runs.search.counting import attempts_before
from framework.runs.search.retries import (
    end_stragglers,
    is_dead,
    sweep,
    take_up_again,
    take_up_owed,
)
from framework.runs.search.storages import Heartbeat
from framework.storage import this_process


@pytest.fixture(scope="module")
def dead():
    """A process that has been there."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return this_process() | {"pid": process.pid}


@pytest.fixture
def living():
    """A process that is there, and is not this one."""
    process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    yield this_process() | {"pid": process.pid}
    process.communicate()


def states(study):
    return [trial.state.name for trial in study.trials]


def test_processes_are_told_dead_by_number_and_boot(dead):
    here = this_process()
    assert is_dead(dead)
    assert is_dead(here | {"boot_id": "another"})
    assert not is_dead(here)


def test_processes_elsewhere_are_left_to_their_heartbeats(dead):
    assert not is_dead(dead | {"host": "another"})


def test_sweep_fails_trials_of_dead_processes_and_takes_them_up_again(make_study, trial, dead):
    study = make_study()
    study.add_trial(trial("RUNNING", rate=0.3, run="trial-0000", owner=dead, curve={1: 0.7}))
    study.add_trial(trial("RUNNING", run="trial-0001", owner=this_process()))
    assert sweep(study, max_retries=2) == 1
    assert states(study) == ["FAIL", "RUNNING", "WAITING"]
    again = study.trials[2]
    assert again.params == {"rate": 0.3}
    assert again.intermediate_values == {1: 0.7}
    assert again.user_attrs == {"run": "trial-0000", "kills": 1}
    assert attempts_before(again) == [0]
    assert sweep(study, max_retries=2) == 0


@pytest.mark.slow
def test_sweep_finds_zombies_without_an_owner_where_it_is_asked_to(make_study, trial):
    study = make_study()
    study.add_trial(trial("RUNNING"))
    assert sweep(study, max_retries=2) == 0
    assert sweep(study, max_retries=2, is_alone=True) == 1
    assert TrialState.RUNNING not in {each.state for each in study.trials}


def test_trial_killed_too_often_is_not_taken_up_again(make_study, trial):
    study = make_study()
    study.add_trial(trial("FAIL", run="trial-0000", kills=2))
    assert not take_up_again(study, study.trials[0], max_retries=2)
    assert states(study) == ["FAIL"]


def test_stop_that_was_asked_for_is_not_counted_as_a_kill(make_study, trial):
    study = make_study()
    study.add_trial(trial("FAIL", run="trial-0000", kills=2, stopped=True))
    assert take_up_again(study, study.trials[0], max_retries=2)
    assert study.trials[1].user_attrs == {"run": "trial-0000", "kills": 2}


def test_trial_taken_up_twice_knows_all_attempts_before(make_study, trial, dead):
    study = make_study()
    study.add_trial(trial("RUNNING", run="trial-0000", owner=dead))
    for _ in range(2):
        sweep(study, max_retries=2, is_alone=True)
        study._storage.set_trial_state_values(study.trials[-1]._trial_id, TrialState.RUNNING)
    assert attempts_before(study.trials[2]) == [0, 1]


def test_trial_that_had_drawn_nothing_is_taken_up_again(make_study):
    study = make_study()
    study.add_trial(create_trial(state=TrialState.RUNNING))
    assert sweep(study, max_retries=2, is_alone=True) == 1
    assert states(study) == ["FAIL", "WAITING"]


def test_trials_that_were_one_too_many_are_taken_up_where_there_are_places(make_study, trial):
    study = make_study()
    study.add_trial(trial(run="trial-0000"))
    study.add_trial(trial("FAIL", run="trial-0001", surplus=True, rate=0.3))
    assert take_up_owed(study, max_retries=2, num_trials=1) == 0
    assert take_up_owed(study, max_retries=2, num_trials=3) == 1
    assert take_up_owed(study, max_retries=2, num_trials=3) == 0
    again = study.trials[2]
    assert (again.params, again.user_attrs) == ({"rate": 0.3}, {"run": "trial-0001", "kills": 0})


def test_trials_owed_are_taken_up_once(make_study, trial):
    study = make_study()
    study.add_trial(trial("FAIL", run="trial-0000"))
    study.add_trial(trial("FAIL", run="trial-0001", reason="diverged"))
    assert take_up_owed(study, max_retries=2, num_trials=2) == 1
    assert take_up_owed(study, max_retries=2, num_trials=2) == 0
    assert states(study) == ["FAIL", "FAIL", "WAITING"]


@pytest.mark.slow
def test_silent_process_is_told_dead_by_its_heartbeat(make_study):
    study = make_study(heartbeat=Heartbeat(interval_seconds=1, grace_seconds=1))
    with warnings.catch_warnings(action="ignore"):  # it is not how studies are meant to be used
        silent = study.ask()
    silent.suggest_float("rate", 0, 1)
    silent.set_user_attr("run", "trial-0000")
    study._storage._backend.record_heartbeat(silent._trial_id)
    time.sleep(2.1)
    found = []

    def objective(trial):
        found.append((trial.user_attrs["run"], trial.suggest_float("rate", 0, 1)))
        raise TrialPruned

    with warnings.catch_warnings(action="ignore"):
        study.optimize(objective, n_trials=1)
    assert states(study) == ["FAIL", "PRUNED"]
    assert found == [("trial-0000", silent.params["rate"])]


def test_trial_of_a_machine_that_is_gone_is_taken_up_where_nobody_is_at_work(make_study, trial):
    study = make_study()
    gone = this_process() | {"host": "another"}
    study.add_trial(trial("RUNNING", run="trial-0000", owner=gone))
    assert sweep(study, max_retries=2) == 0
    end_stragglers(study, max_retries=2, num_trials=1, require_none=lambda: None)
    assert states(study) == ["FAIL", "WAITING"]


def test_process_that_is_still_saving_is_waited_for(make_study, trial, living):
    study = make_study()
    study.add_trial(trial("RUNNING", run="trial-0000", owner=living))
    looks = []

    def look():
        looks.append(states(study))
        if len(looks) == 2:
            study.tell(0, state=TrialState.FAIL)

    end_stragglers(study, max_retries=2, num_trials=1, require_none=look)
    assert looks == [["RUNNING"], ["RUNNING"]]
    assert states(study) == ["FAIL", "WAITING"]


def test_trial_that_this_process_left_behind_earlier_is_taken_up_again(make_study, trial):
    study = make_study()
    study.add_trial(trial("RUNNING", run="trial-0000", owner=this_process()))
    assert sweep(study, max_retries=2) == 0
    assert sweep(study, max_retries=2, is_alone=True) == 1
    assert states(study) == ["FAIL", "WAITING"]


def test_nobody_waits_for_a_straggler_once_the_end_is_asked_for(make_study, trial, living):
    study = make_study()
    study.add_trial(trial("RUNNING", run="trial-0000", owner=living))
    with pytest.raises(KeyboardInterrupt):
        end_stragglers(study, 2, 1, lambda: (_ for _ in ()).throw(KeyboardInterrupt))
