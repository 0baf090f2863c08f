"""A run directory tells where its run stands, or says why it cannot be read."""

import json
from dataclasses import replace

import pytest

from framework.errors import CheckpointError
from framework.runs.records import (
    FORMAT,
    BestEntry,
    CheckpointEntry,
    RunState,
    is_run,
    list_runs,
    read_meta,
    read_run,
    read_state,
)

META = {"name": "tiny", "num_epochs": 8, "seed": 3, "started": "2026-01-02T03:04:05+00:00"}
STATE = RunState(
    status="early_stopped",
    reason="validation/loss has not improved for 2 epochs",
    attempt=2,
    seconds=1.5,
    checkpoint=CheckpointEntry("checkpoints/000002.pt", "ab", 5, 40),
    previous=CheckpointEntry("checkpoints/000001.pt", "cd", 4, 32),
    best=BestEntry("ef", 3, "validation/loss", "min", 0.25),
    test={"loss": 0.5},
)


def make_run(folder, state=STATE, meta=META):
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(json.dumps(state.as_json()))
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


@pytest.mark.parametrize("state", [STATE, RunState()])
def test_state_round_trips(tmp_path, state):
    assert read_state(make_run(tmp_path / "run", state)) == state


def test_record_shows_the_run_at_a_glance(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "figures").mkdir()
    (run / "figures" / "loss_curves.png").touch()
    record = read_run(run)
    assert (record.status, record.epoch, record.num_epochs, record.seed) == (
        "early_stopped",
        5,
        8,
        3,
    )
    assert record.best == STATE.best
    assert record.pictures == (run / "figures" / "loss_curves.png",)
    assert not record.was_already_over
    assert record.shown_again() == replace(record, was_already_over=True)
    assert json.loads(json.dumps(record.as_json()))["directory"] == str(run)


def test_run_that_has_saved_nothing_has_completed_no_epoch(tmp_path):
    assert read_run(make_run(tmp_path / "run", RunState())).epoch == 0


def test_newer_format_is_refused_with_both_versions(tmp_path):
    run = make_run(tmp_path / "run", replace(STATE, format=FORMAT + 1))
    with pytest.raises(CheckpointError) as caught:
        read_state(run)
    (fault,) = caught.value.faults
    assert fault.identifier == "C063"
    assert fault.message == (
        f"written in format {FORMAT + 1}, this framework reads formats up to {FORMAT}"
    )


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"format": "1"}', '{"format": 1}', "\x00", '{"format": 1, "x": 2}'],
)
def test_damaged_state_is_refused_with_its_file(tmp_path, text):
    run = make_run(tmp_path / "run")
    (run / "state.json").write_text(text)
    with pytest.raises(CheckpointError) as caught:
        read_state(run)
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.place) == ("C058", str(run / "state.json"))


@pytest.mark.parametrize("text", ["", "[1]", "{", "5"])
def test_damaged_meta_is_refused_with_its_file(tmp_path, text):
    run = make_run(tmp_path / "run")
    (run / "meta.json").write_text(text)
    with pytest.raises(CheckpointError) as caught:
        read_meta(run)
    assert caught.value.faults[0].place == str(run / "meta.json")


def test_run_directory_is_known_by_both_files(tmp_path):
    run = make_run(tmp_path / "run")
    assert is_run(run)
    (run / "meta.json").unlink()
    assert not is_run(run)
    assert not is_run(tmp_path / "nowhere")


def test_runs_are_listed_oldest_first_without_damaged_ones_and_drafts(tmp_path):
    for recipe, stamp in (("b", "2026-01-01"), ("a", "2026-01-03"), ("a", "2026-01-02")):
        make_run(tmp_path / recipe / stamp, meta=META | {"started": stamp})
    make_run(tmp_path / "a" / "damaged")
    (tmp_path / "a" / "damaged" / "state.json").write_text("{")
    make_run(tmp_path / "a" / ".tmp-2026-01-04-1234")
    listed = [record.directory.name for record in list_runs(tmp_path)]
    assert listed == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert list_runs(tmp_path / "nowhere") == []
