"""Searches that end without anything to keep say why, and how often."""

import pytest

from framework.runs.directory import RunDirectory
from framework.runs.search.counting import Tally
from framework.runs.search.verdicts import no_completed_trial, no_valid_network


@pytest.fixture
def store(tmp_path):
    return RunDirectory.create(tmp_path / "run", texts={}, meta={}, has_parts=True)


def failed(trial, number, reason):
    return trial("FAIL", run=f"trial-{number:04d}", reason=reason)


def test_reasons_that_differ_in_numbers_are_counted_together(make_study, trial, store):
    study = make_study()
    study.add_trials(
        [failed(trial, n, f"the loss is nan in epoch {n}, lr 1e-0{n}") for n in (1, 2)]
    )
    study.add_trials([failed(trial, 3, "no such luck"), trial("PRUNED", run="trial-0004")])
    fault = no_completed_trial(store, Tally(study.trials, 3))
    assert "none of 4 trials can be kept" in fault.message
    assert "the loss is nan in epoch 1, lr 1e-01 (2 times)" in fault.message
    assert "no such luck (once)" in fault.message
    assert "ended early by the pruner (once)" in fault.message


def test_rare_reasons_are_only_counted(make_study, trial, store):
    study = make_study()
    study.add_trials([failed(trial, n, f"reason {'x' * n}") for n in range(1, 8)])
    assert "2 more reasons" in no_completed_trial(store, Tally(study.trials, 3)).message


def test_layers_that_cannot_exist_are_counted(make_study, trial, store):
    study = make_study()
    layers = ["encoder: conv1", "encoder: conv2", "encoder: conv2"]
    study.add_trials([trial("PRUNED", infeasible=f"no {x}", layer=x) for x in layers])
    fault = no_valid_network(store, Tally(study.trials, 3), 3)
    assert fault.identifier == "O074"
    assert "3 draws in a row" in fault.message
    assert "encoder: conv1 (3 times); the last: no encoder: conv2" in fault.message
