import json
from pathlib import Path

import pytest

from framework.application import run
from framework.handlers import tracker_fence
from tests.support.run_digest import differences, digest_of
from tests.support.tiers import scaled

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[2] / "support"
PLUGINS = [SUPPORT / "tiny_images.py", SUPPORT / "recording_tracker.py"]
SHORT = ["training.num_epochs=2", "figures=[]", "handlers=[]"]
FOLDS = [
    "training.num_epochs=1",
    "figures=[]",
    "trackers=[recording]",
    "cross_validation.num_folds=2",
]
NUM_CALLS = 15


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    """Carries a recipe out in a folder of its own; answers its directory and what was said."""

    def carry_out(recipe, *overrides, **options):
        said = []
        record = run(
            SUPPORT / f"{recipe}.yaml",
            overrides=overrides,
            plugins=PLUGINS,
            runs_directory=tmp_path_factory.mktemp("runs"),
            device="cpu",
            announce=said.append,
            warn=said.append,
            **options,
        )
        return record, said

    return carry_out


@pytest.fixture(scope="module")
def untracked(train):
    return train("tiny", *SHORT)[0]


@pytest.fixture(scope="module")
def tracked(train):
    return train("tiny", *SHORT, track=["recording"])


@pytest.fixture(scope="module")
def folds(train):
    return train("tiny_folds", *FOLDS)[0]


def calls(directory, name=None):
    lines = (directory / "recorded.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return found if name is None else [each for each in found if each["call"] == name]


def test_tracker_is_told_of_a_run_in_order(tracked):
    names = [each["call"] for each in calls(tracked[0].directory)]
    assert names[:2] == ["start", "artifact"]
    assert names[-1] == "finish"
    assert names.count("start") == names.count("finish") == 1


def test_rows_of_epochs_are_those_of_the_log_and_more(tracked):
    directory = tracked[0].directory
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    told = [c for c in calls(directory, "log") if "train/loss" in c["values"]]
    assert len(told) == len(rows) == 2
    for row, each in zip(rows, told, strict=True):
        assert each["values"].pop("images_per_second") > 0
        assert {k: each[k] for k in ("epoch", "iteration")} | each["values"] == row


def test_rows_within_epochs_come_where_they_are_asked_for(tracked):
    directory = tracked[0].directory
    told = [c for c in calls(directory, "log") if "iteration/loss" in c["values"]]
    assert [each["iteration"] for each in told] == [3, 6, 9, 12, 15]
    assert [each["epoch"] for each in told] == [1, 1, 2, 2, 2]
    assert set(told[0]["values"]) == {"iteration/loss", "iteration/lr", "iteration/gradient_norm"}
    assert all(each["values"]["iteration/gradient_norm"] > 0 for each in told)


def test_steps_never_fall(tracked):
    told = [each["iteration"] for each in calls(tracked[0].directory) if "iteration" in each]
    assert told == sorted(told)


def test_pictures_are_bytes_and_come_at_their_epochs_and_at_the_end(tracked):
    told = calls(tracked[0].directory, "image")
    shown = [(each["name"], each["epoch"]) for each in told if each["name"].startswith("pictures/")]
    assert shown == [("pictures/reconstructions", 1), ("pictures/reconstructions", 2)]
    assert {each["type"] for each in told} == {"uint8"}
    assert all(each["extremes"][0] < 64 < each["extremes"][1] for each in told)


def test_summary_has_the_best_epoch_and_the_test_metrics(tracked):
    record = tracked[0]
    (finish,) = calls(record.directory, "finish")
    summary = finish["summary"]
    assert finish["status"] == "finished"
    assert summary["best/epoch"] == record.best.epoch
    assert summary["best/validation/largest_error"] == record.best.value
    assert summary["test/loss"] == record.test["loss"]


def test_artifacts_are_the_data_the_model_the_recipe_and_the_report(tracked):
    data, model, recipe, report = calls(tracked[0].directory, "artifact")
    assert report["files"] == ["report.html"]
    assert (data["kind"], data["is_input"]) == ("dataset", True)
    assert (model["kind"], model["aliases"]) == ("model", ["best", "latest"])
    assert model["facts"]["data_fingerprint"] == data["facts"]["fingerprint"]
    assert recipe["files"] == ["recipe.yaml", "resolved.yaml"]


def test_start_says_what_the_run_is(tracked):
    directory = tracked[0].directory
    (start,) = calls(directory, "start")
    assert (start["recipe"], start["name"], start["group"]) == ("tiny", directory.name, "")
    assert (start["kind"], start["attempt"], start["iteration"]) == ("training", 1, 0)
    assert start["config"]["optimizer"]["lr"] == 0.05
    assert start["facts"]["seed"] == 4


def test_user_and_record_are_told_where_to_look(tracked):
    record, said = tracked
    assert "recording: in recorded.jsonl" in said
    assert record.trackers == {"recording": "in recorded.jsonl"}


def test_a_tracked_run_has_the_identity_and_the_bits_of_an_untracked_one(untracked, tracked):
    record = tracked[0]
    assert differences(digest_of(untracked.directory), digest_of(record.directory)) == []
    assert record.directory.name[-8:] == untracked.directory.name[-8:]


def test_calls_of_a_short_run_are_counted(tracked):
    assert len(calls(tracked[0].directory)) == NUM_CALLS


@pytest.mark.parametrize(("how", "first"), [("raise", 1), ("exit", 10), ("once", 5)])
def test_a_tracker_that_fails_at_any_call_changes_nothing(untracked, train, how, first):
    expected = digest_of(untracked.directory)
    for place in range(first, NUM_CALLS + 1, scaled(fast=15, default=12, nightly=1)):
        tracker = f"trackers=[{{type: recording, fails_at: {place}, how: {how}}}]"
        record, said = train("tiny", *SHORT, tracker)
        assert differences(expected, digest_of(record.directory)) == [], place
        assert len([line for line in said if "warning" in line]) == 1, (place, said)
        assert "failed" in record.trackers["recording"], place
        assert "failed" in record.report.read_text(), place


def test_a_tracker_that_hangs_costs_little_and_is_off(untracked, train, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.5)
    tracker = "trackers=[{type: recording, fails_at: 5, how: hang}]"
    record, said = train("tiny", *SHORT, tracker)
    assert differences(digest_of(untracked.directory), digest_of(record.directory)) == []
    assert record.trackers["recording"].startswith("off: image was not done after 0.")
    assert "was not done" in (record.directory / "trackers.json").read_text()
    assert len([line for line in said if "warning" in line]) == 1


def test_a_failure_at_the_very_end_is_in_the_report_too(train):
    tracker = f"trackers=[{{type: recording, fails_at: {NUM_CALLS}}}]"
    record, _ = train("tiny", *SHORT, tracker)
    assert "1 of its calls failed: finish failed" in record.report.read_text()


def test_folds_are_runs_of_a_group_and_the_whole_is_one_more(folds):
    whole = folds.directory
    parts = [calls(whole / f"fold-{number}", "start")[0] for number in range(2)]
    assert {part["group"] for part in parts} == {whole.name}
    assert {part["kind"] for part in parts} == {"fold"}
    assert parts[1]["name"] == f"{whole.name}/fold-1"
    (start,) = calls(whole, "start")
    assert (start["kind"], start["group"], start["name"]) == (
        "cross-validation",
        whole.name,
        whole.name,
    )


def test_the_whole_has_means_deviations_and_a_table(folds):
    (finish,) = calls(folds.directory, "finish")
    spread = folds.spreads["validation/loss"]
    assert finish["summary"]["mean/validation/loss"] == spread.mean
    assert finish["summary"]["sd/validation/loss"] == spread.sd
    (table,) = calls(folds.directory, "table")
    assert table["columns"][:4] == ["part", "status", "epochs", "kept epoch"]
    assert [row[0] for row in table["rows"]] == ["fold-0", "fold-1"]


def test_a_run_that_is_taken_up_goes_on_with_its_tracker(train):
    record, _ = train("tiny", *SHORT, "trackers=[recording]")
    file = record.directory / "state.json"
    state = json.loads(file.read_text())
    iteration = state["checkpoint"]["iteration"]
    file.write_text(json.dumps(state | {"status": "interrupted"}))
    run(record.directory, plugins=PLUGINS, device="cpu", announce=str, warn=pytest.fail)
    starts = calls(record.directory, "start")
    assert [start["attempt"] for start in starts] == [1, 2]
    assert len(calls(record.directory, "finish")) == 2
    assert calls(record.directory, "log")[-1]["iteration"] == iteration


def test_a_run_without_trackers_says_nothing_of_them(untracked):
    assert not (untracked.directory / "trackers.json").exists()
    assert untracked.trackers == {}
