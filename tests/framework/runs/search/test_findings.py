"""Findings are read from a study made by hand: `hand_built_search.TRIALS`."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hand_built_search import BEGUN, CHANNELS, KIND, LATENT, LR, make_study

from framework.errors import StorageError
from framework.runs.search.findings import SearchFindings, read_findings
from framework.runs.search.found_trials import FoundTrial, SoughtValue


def test_every_trial_is_found_with_its_ending_and_its_newest_attempt(hand_built):
    findings = read_findings(hand_built)
    assert [(trial.number, trial.ending) for trial in findings.trials] == [
        (0, "complete"),
        (1, "infeasible"),
        (2, "complete"),
        (3, "pruned"),
        (4, "failed"),
        (5, "complete"),
        (6, "running"),
        (8, "surplus"),
    ]
    assert findings.num_trials == 5
    assert findings.num_done == 5
    assert findings.sought == [
        SoughtValue("objective", "minimize", {"validation/loss": 1.0, "minutes": 0.01})
    ]


def test_trial_has_all_that_was_written_of_it(hand_built):
    trial = read_findings(hand_built).trials[2]
    assert trial.values == [0.25]
    assert trial.terms == {"validation/loss": 0.24, "minutes": 1.5}
    assert trial.parameters == {LR: 0.02, LATENT: 6, KIND: "adam", CHANNELS: 7}
    assert trial.overrides["networks.encoder"] == {"channels": [7], "latent_dim": 6}
    assert (trial.parameter(LATENT), trial.parameter(LR), trial.parameter(CHANNELS)) == (6, 0.02, 7)
    assert trial.curve == {1: 0.8, 2: 0.4, 3: 0.25}
    assert (trial.run, trial.minutes, trial.attempts) == ("trial-0002", 1.5, 1)
    assert trial.started == BEGUN + timedelta(minutes=2)
    assert trial.ended == BEGUN + timedelta(minutes=3, seconds=30)


def test_reasons_are_those_that_were_written(hand_built):
    found = {trial.number: trial for trial in read_findings(hand_built).trials}
    assert found[1].reason == "layers.conv1: its output would be empty"
    assert found[1].layer == "encoder: layers.conv1"
    assert found[4].reason == "validation/loss is not a finite number"
    assert (found[6].run, found[6].attempts) == ("trial-0006", 2)
    assert (found[3].reason, found[3].values) == ("not promising", ())


def test_killed_trial_waits_until_it_is_given_up(hand_built):
    directory = hand_built.parent / "other"
    directory.mkdir()
    for name in ("resolved.yaml", "state.json", "meta.json"):
        shutil.copy(hand_built / name, directory)
    make_study(directory, [{"state": "failed"}, {"state": "failed", "attrs": {"kills": 3}}])
    assert [(trial.ending, trial.reason) for trial in read_findings(directory).trials] == [
        ("waiting", "killed or stopped"),
        ("failed", "killed 4 times"),
    ]


def test_best_keeps_all_constraints(hand_built):
    findings = read_findings(hand_built)
    assert [trial.number for trial in findings.best] == [2]
    assert findings.trials[5].violation == 2.0
    assert findings.trials[5].reason == "violates bound by 2"


def test_best_of_several_objectives_are_those_that_none_surpasses_in_all():
    trials = [
        FoundTrial(number, "complete", values)
        for number, values in enumerate([(1.0, 1.0), (2.0, 3.0), (1.0, 0.5), (3.0, 3.0)])
    ]
    sought = [SoughtValue("a", "minimize", {}), SoughtValue("b", "maximize", {})]
    findings = SearchFindings(Path(), 4, sought, trials)
    assert [trial.number for trial in findings.best] == [0, 1]


@pytest.mark.slow
def test_importances_are_computed_from_ten_complete_trials_on(hand_built, tmp_path):
    assert read_findings(hand_built).importances == ()
    assert read_findings(hand_built, with_importances=True).importances == [{}]
    directory = hand_built.parent / "other"
    directory.mkdir()
    for name in ("resolved.yaml", "state.json", "meta.json"):
        shutil.copy(hand_built / name, directory)
    trials = [{"value": abs(n - 6) / 10, "latent": n, "channels": 4 + n % 5} for n in range(1, 13)]
    make_study(directory, trials)
    (shares,) = read_findings(directory, with_importances=True).importances
    assert sum(shares.values()) == pytest.approx(1)
    assert next(iter(shares)) == LATENT
    moved = directory.rename(tmp_path / "moved")
    assert len(read_findings(moved).trials) == 12


def test_search_whose_study_was_not_begun_has_found_nothing(hand_built):
    (hand_built / "study.db").unlink()
    assert read_findings(hand_built) == SearchFindings(hand_built, 5, num_asked_for=5)


def test_damaged_study_is_a_fault_with_the_way_to_mend_it(hand_built):
    (hand_built / "study.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="the study is damaged"):
        read_findings(hand_built)


def test_total_is_what_was_asked_for_last(hand_built):
    state = json.loads((hand_built / "state.json").read_text())
    (hand_built / "state.json").write_text(json.dumps(state | {"num_trials": 0}))
    assert read_findings(hand_built).num_trials == 4
