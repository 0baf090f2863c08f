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
    Spread,
    is_run,
    list_runs,
    parts_of,
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


def make_fold(run, number, *, losses, best_epoch, **changes):
    best = BestEntry("ef", best_epoch, "validation/loss", "min", losses[best_epoch - 1])
    epoch = CheckpointEntry("checkpoints/000002.pt", "ab", len(losses), 8)
    state = RunState(status="finished", best=best, checkpoint=epoch, **changes)
    fold = make_run(run / f"fold-{number}", state)
    rows = [{"epoch": n, "lr": 0.1, "validation/loss": v} for n, v in enumerate(losses, start=1)]
    (fold / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return fold


def test_spread_is_that_of_a_sample():
    assert Spread.of([1.0, 3.0]) == Spread(2.0, 2.0**0.5)
    assert Spread.of([3.0]) == Spread(3.0, 0.0)


def test_parts_are_in_the_order_of_their_numbers(tmp_path):
    run = make_run(tmp_path / "run")
    for name in ("fold-10", "fold-2", "fold-x", "refit", ".tmp-fold-3-1234"):
        make_run(run / name)
    (run / "fold-4").mkdir()
    assert [path.name for path in parts_of(run)] == ["fold-2", "fold-10"]


def test_values_of_a_run_are_those_of_the_epoch_kept(tmp_path):
    fold = make_fold(tmp_path / "run", 0, losses=[0.5, 0.25, 0.75], best_epoch=2, test={"mse": 1.0})
    with (fold / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "validat')  # a process was killed while it wrote
    assert read_run(fold).values == {"validation/loss": 0.25, "test/mse": 1.0}


def test_values_that_are_not_finite_are_left_out(tmp_path):
    fold = make_fold(tmp_path / "run", 0, losses=[0.5], best_epoch=1)
    row = {"epoch": 1, "validation/loss": 0.5, "validation/psnr": None}
    (fold / "metrics.jsonl").write_text(json.dumps(row))
    assert read_run(fold).values == {"validation/loss": 0.5}


def test_run_with_folds_has_their_means_and_deviations(tmp_path):
    run = make_run(tmp_path / "run", RunState(status="finished", kept="fold-1", test={"mse": 2.0}))
    make_fold(run, 0, losses=[0.5, 0.25], best_epoch=2)
    make_fold(run, 1, losses=[0.5, 0.75, 1.0], best_epoch=1)
    record = read_run(run)
    assert [part.values for part in record.parts] == [
        {"validation/loss": 0.25},
        {"validation/loss": 0.5},
    ]
    assert record.spreads == {"validation/loss": Spread.of([0.25, 0.5])}
    assert record.values == {"validation/loss": 0.375, "test/mse": 2.0}
    assert (record.epoch, record.kept) == (3, "fold-1")
    document = json.loads(json.dumps(record.as_json()))
    assert document["spreads"]["validation/loss"]["mean"] == 0.375
    assert [part["directory"] for part in document["parts"]] == [
        str(run / "fold-0"),
        str(run / "fold-1"),
    ]


def test_spreads_are_of_what_every_part_has_measured(tmp_path):
    run = make_run(tmp_path / "run", RunState())
    make_fold(run, 0, losses=[0.5], best_epoch=1)
    make_run(run / "fold-1", RunState())
    record = read_run(run)
    assert record.spreads == {}
    assert record.values == {}
    assert "spreads" in record.as_json()
    assert "spreads" not in record.parts[0].as_json()
