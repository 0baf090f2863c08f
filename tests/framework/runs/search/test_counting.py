"""Places that trials take, whoever dies."""

import pytest

from framework.runs.search.counting import Tally


@pytest.fixture
def tally(make_study):
    """The tally of a study of these trials, with two retries at most."""

    def tally(*trials):
        study = make_study()
        study.add_trials(trials)
        return Tally(study.trials, max_retries=2)

    return tally


def test_trials_that_ended_count_as_done(tally, trial):
    found = tally(
        trial(run="trial-0000"),
        trial("PRUNED", run="trial-0001"),
        trial("FAIL", run="trial-0002", reason="diverged"),
        trial("RUNNING", run="trial-0003"),
    )
    assert found.num_taken == 4
    assert found.num_done == 3
    assert [t.number for t in found.complete] == [0]
    assert [t.number for t in found.pruned] == [1]
    assert found.failed == {2: "diverged"}


def test_draws_that_cannot_be_trained_take_no_place(tally, trial):
    found = tally(trial("PRUNED", infeasible="empty"), trial("RUNNING"), trial(run="trial-0002"))
    assert list(found.places) == ["trial-0002"]
    assert [t.number for t in found.infeasible] == [0]


def test_trial_that_was_one_too_many_takes_no_place(tally, trial):
    found = tally(trial(run="trial-0000"), trial("FAIL", run="trial-0001", surplus=True))
    assert found.num_taken == found.num_done == 1
    assert not found.owed


def test_trial_taken_up_again_keeps_its_place(tally, trial):
    again = trial("WAITING", run="trial-0000", kills=1)
    again.system_attrs = {"retry_history": [0]}
    found = tally(trial("FAIL", run="trial-0000"), trial("FAIL", run="trial-0001"), again)
    assert found.num_taken == 2
    assert found.places["trial-0000"].number == 2
    assert [t.number for t in found.owed] == [1]
    assert found.num_waiting == 1
    assert found.others_than("trial-0000") == 1
    assert found.others_than("trial-0007") == 2


def test_trial_killed_too_often_is_given_up(tally, trial):
    found = tally(trial("FAIL", run="trial-0000", kills=2))
    assert found.failed == {0: "killed 3 times"}
    assert not found.owed


def test_trial_that_somebody_stopped_is_never_given_up(tally, trial):
    found = tally(trial("FAIL", run="trial-0000", kills=2, stopped=True))
    assert found.num_done == 0
    assert [t.number for t in found.owed] == [0]
