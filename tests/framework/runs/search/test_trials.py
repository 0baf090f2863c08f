"""Trials whose folds are in lock-step, and which are ended early by their mean."""

import shutil

import pytest

from framework.errors import SearchError
from framework.runs.records import read_run

pytestmark = pytest.mark.slow

FOLDS = ("cross_validation={num_folds: 2}", "training.num_epochs=2")


def test_trial_with_a_bad_fold_and_a_good_mean_is_not_ended_early(searched, tmp_path, trials_of):
    first = searched(1, *FOLDS)
    folds = [
        part.values["validation/loss"] for part in read_run(first.directory / "trial-0000").parts
    ]
    first_epoch = trials_of(first.directory)[0].intermediate_values[1]
    shutil.rmtree(tmp_path / "runs")
    assert max(folds) > sum(folds) / 2
    bound = first_epoch + 1e-6  # above the mean after the first epoch, below its worst fold
    record = searched(1, *FOLDS, f"search.pruner={{type: threshold, upper: {bound}}}")
    assert [trial.state.name for trial in trials_of(record.directory)] == ["COMPLETE"]


def test_trial_that_is_ended_early_leaves_no_fold_behind(searched, trials_of, search_directory):
    with pytest.raises(SearchError):
        searched(1, *FOLDS, "search.pruner={type: threshold, upper: 0.0}")
    trial = search_directory() / "trial-0000"
    (told,) = trials_of(trial.parent)
    assert told.state.name == "PRUNED"
    assert list(told.intermediate_values) == [1]
    record = read_run(trial)
    assert {record.status, *(part.status for part in record.parts)} == {"pruned"}
    assert {part.epoch for part in record.parts} == {1}
    assert "not promising after epoch 1" in record.reason
