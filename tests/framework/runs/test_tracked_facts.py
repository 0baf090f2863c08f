"""What is told of a run; what trackers make of it is in test_tracking.py."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framework.application import check, run
from framework.runs.tracked_facts import (
    described,
    outputs_of,
    parts_of_run,
    pictures_of,
    place_of,
    summary_of,
    used_by,
)

SUPPORT = Path(__file__).parents[2] / "support"
GIVEN = {
    "overrides": ["training.num_epochs=2", "figures=[]", "handlers=[]"],
    "plugins": [SUPPORT / "tiny_images.py"],
}


@pytest.fixture(scope="module")
def plan():
    return check(SUPPORT / "tiny.yaml", **GIVEN)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    recipe = SUPPORT / "tiny.yaml"
    return run(recipe, runs_directory=folder, device="cpu", announce=str, **GIVEN).directory


def test_run_on_its_own_has_no_group(plan, directory):
    told = described(plan, directory, 7)
    assert (told.kind, told.group, told.name) == ("training", "", directory.name)
    assert (told.iteration, told.attempt) == (7, 1)
    assert told.config == plan.resolved
    assert (
        told.facts["data_fingerprint"]
        == json.loads((directory / "meta.json").read_text())["data_fingerprint"]
    )


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("fold-3", "fold"),
        ("trial-0007/fold-1", "fold"),
        ("trial-0007", "trial"),
        ("refit", "refit"),
    ],
)
def test_parts_are_of_the_group_of_the_whole(plan, directory, tmp_path, place, kind):
    whole = tmp_path / "20260102-030405-01234567"
    for path in [whole, *(whole / each for each in [Path(place).parts[0], place])]:
        path.mkdir(exist_ok=True, parents=True)
        for name in ("meta.json", "state.json"):
            (path / name).write_bytes((directory / name).read_bytes())
    told = described(plan, whole / place, 0)
    assert (told.kind, told.group, told.name) == (kind, whole.name, f"{whole.name}/{place}")


def test_data_are_an_input(plan, directory):
    (data,) = used_by(plan, directory)
    assert data.is_input
    assert data.kind == "dataset"
    assert data.name == f"tiny_images-{data.facts['fingerprint'][:8]}"


def test_models_of_other_runs_are_inputs_where_these_runs_are(plan, directory, tmp_path):
    (tmp_path / "state.json").write_bytes((directory / "state.json").read_bytes())
    meta = json.loads((directory / "meta.json").read_text())
    need = {"run": str(directory), "identity": "0123456789", "sha256": "ab"}
    meta["needs"] = {"encoder": need, "lost": need | {"run": "/nowhere"}}
    (tmp_path / "meta.json").write_text(json.dumps(meta))
    _, model = used_by(plan, tmp_path)
    assert (model.kind, model.name, model.is_input) == ("model", "tiny-01234567", True)


def test_model_recipe_and_report_are_outputs(directory):
    model, recipe, report = outputs_of(directory)
    assert model.facts["identity"].startswith(model.name[-8:])
    assert model.aliases == ("best", "latest")
    assert [file.name for file in recipe.files] == ["recipe.yaml", "resolved.yaml"]
    assert [file.name for file in report.files] == ["report.html"]


def test_a_run_that_is_not_over_has_no_outputs(directory, tmp_path):
    state = json.loads((directory / "state.json").read_text())
    (tmp_path / "state.json").write_text(json.dumps(state | {"status": "interrupted"}))
    (tmp_path / "meta.json").write_bytes((directory / "meta.json").read_bytes())
    (tmp_path / "best.safetensors").write_bytes(b"")
    assert list(outputs_of(tmp_path)) == []


def test_summary_is_the_row_of_the_epoch_kept_and_the_test_metrics(directory):
    summary = summary_of(directory)
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    kept = rows[summary["best/epoch"] - 1]
    assert summary["best/validation/loss"] == kept["validation/loss"]
    assert summary["best/lr"] == kept["lr"]
    assert {"test/loss", "status", "seconds"} <= set(summary)
    assert "best/iteration" not in summary


def test_a_run_without_parts_has_no_rows_of_them(directory):
    assert parts_of_run(directory)[1] == []


def test_trials_of_a_search_are_rows(directory, tmp_path):
    for place in (tmp_path, tmp_path / "trial-0000", tmp_path / "trial-0001"):
        place.mkdir(exist_ok=True)
        for name in ("meta.json", "state.json", "metrics.jsonl"):
            (place / name).write_bytes((directory / name).read_bytes())
    (tmp_path / "trial-0001" / "metrics.jsonl").write_bytes(b"")
    columns, rows = parts_of_run(tmp_path)
    assert [row[:2] for row in rows] == [["trial-0000", "finished"], ["trial-0001", "finished"]]
    place = columns.index("validation/loss")
    assert rows[0][place] > 0
    assert rows[1][place] is None


def test_pictures_are_those_that_can_be_read(directory):
    Image.new("RGB", (3, 2), "red").save(directory / "figures" / "good.png")
    (directory / "figures" / "bad.png").write_bytes(b"no picture")
    pictures = pictures_of(directory)
    for file in directory.glob("figures/*.png"):
        file.unlink()
    assert list(pictures) == ["figures/good"]
    assert pictures["figures/good"].shape == (2, 3, 3)
    assert pictures["figures/good"].dtype == np.uint8


def test_place_is_that_of_the_last_row(directory, tmp_path):
    assert place_of(directory) == (16, 2)
    assert place_of(tmp_path) == (0, 0)
