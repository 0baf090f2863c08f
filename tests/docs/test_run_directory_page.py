"""What docs/run-directory.md says of a run directory is what a run leaves."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from framework import errors
from framework.application import run
from framework.runs.records import RunRecord, RunState

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "run-directory.md").read_text(encoding="utf-8")

RECIPE = """
name: tiny
seed: 0
dataset: digits
networks: {encoder: {type: conv_encoder, latent_dim: 4}, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: adam
training: {num_epochs: 1, batch_size: 2000}
metrics: [mse]
figures: [loss_curves, {type: reconstructions, at_epochs: [0]}]
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    recipe = folder / "tiny.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return run(recipe, runs_directory=folder / "runs", device="cpu")


@pytest.mark.slow
def test_a_finished_run_leaves_what_is_listed(record):
    tree = re.search(r"^```text\n.*?\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)[1]
    listed = set(re.findall(r"^  (\S+)", tree, flags=re.MULTILINE))
    found = {f"{p.name}/" if p.is_dir() else p.name for p in record.directory.iterdir()}
    assert found == listed


def test_directory_is_named_as_shown(record):
    assert record.directory.parent.name == "tiny"
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", record.directory.name)


def test_a_row_of_metrics_holds_what_is_named(record):
    lines = (record.directory / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    expected = {"epoch", "iteration", "train/loss", "lr", "validation/loss", "validation/mse"}
    assert [row.keys() for row in rows] == [expected]


def test_state_has_the_fields_listed(record):
    state = json.loads((record.directory / "state.json").read_text())
    assert list(state) == [field.name for field in fields(RunState)] == column("field")
    assert state["test"].keys() >= {"mse"}


def test_statuses_are_those_of_a_record():
    named = re.search(r"status: (.*)\.$", RunRecord.__doc__, flags=re.MULTILINE)[1]
    assert set(column("status")) == set(re.findall(r"\w+", named)) - {"or"}


def test_exit_codes_are_those_of_the_errors():
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.FrameworkError)
    }
    documented = {int(code) for code in column("code")}
    assert codes <= documented
    assert documented - codes == {0, 2, 130, 143}


def column(heading: str) -> list[str]:
    """The first column of the table with this heading, without backquotes."""
    table = re.search(rf"^\| {heading} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)[1]
    return [row.split("|")[1].strip(" `") for row in table.splitlines()]
