"""Run directories made by hand, as a training would have left them."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from framework.runs.records import BestEntry, CheckpointEntry, RunState

SUPPORT = Path(__file__).parents[2] / "support"
sys.path.insert(0, str(SUPPORT))  # a test module cannot import another one

META = {
    "format": 1,
    "name": "tiny",
    "identity": "0123456789abcdef",
    "num_epochs": 3,
    "seed": 4,
    "started": "2026-01-02T03:04:05+00:00",
    "num_parameters": 1234,
    "data": {"num_train": 60000, "image_shape": [1, 28, 28]},
    "data_fingerprint": "fedcba9876543210",
    "plugins": {"torch": {"version": "0.1.0", "sha256": "ab" * 32}},
    "device": "cpu",
    "num_threads": 2,
    "num_cores": 8,
    "versions": {"python": "3.13.0", "torch": "2.10.0"},
    "command": ["/somewhere/bin/framework", "run", "tiny.yaml"],
    "directions": {"psnr": "max", "mse": "min"},
    "layers": [
        {
            "network": "encoder",
            "layer": "layers.conv1",
            "kind": "Conv2d",
            "input_shape": [1, 28, 28],
            "output_shape": [8, 14, 14],
            "num_parameters": 80,
        }
    ],
}
RECIPE = "# What it is for,\n# in two lines.\nextends: quickstart\n\n# not this\nname: tiny\n"
RESOLVED = """format: 1
name: tiny
dataset: {type: digits}
networks: {encoder: {type: conv_encoder, latent_dim: 4}, decoder: {type: mirrored_decoder}}
task: {type: reconstruction}
loss: {type: mse}
figures: [{type: loss_curves}]
"""
ROWS = [
    {
        "epoch": epoch,
        "iteration": 10 * epoch,
        "train/loss": 0.8 / epoch,
        "lr": 0.001,
        "validation/loss": 0.4 / epoch,
        "validation/psnr": 10.0 + epoch,
    }
    for epoch in (1, 2, 3)
]
STATE = RunState(
    status="finished",
    attempt=1,
    seconds=90.0,
    checkpoint=CheckpointEntry("checkpoints/000003.pt", "ab", 3, 30),
    best=BestEntry("ef", 2, "validation/loss", "min", 0.2),
    test={"loss": 0.21, "psnr": 11.5},
)


def picture_bytes(color="navy"):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 20), color).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def state():
    """The state of a small finished run."""
    return STATE


@pytest.fixture
def rows():
    """The rows of its `metrics.jsonl`."""
    return ROWS


@pytest.fixture
def make_run(tmp_path):
    """Makes a run directory; what is not given is as in a small finished run."""

    def make_run(
        folder="run",
        *,
        state=STATE,
        meta=(),
        rows=ROWS,
        recipe=RECIPE,
        resolved=RESOLVED,
        figures=(),
        log="",
    ):
        directory = tmp_path / folder
        (directory / "figures").mkdir(parents=True)
        (directory / "meta.json").write_text(json.dumps(META | dict(meta)))
        (directory / "state.json").write_text(json.dumps(state.as_json()))
        (directory / "recipe.yaml").write_text(recipe)
        (directory / "resolved.yaml").write_text(resolved)
        (directory / "log.txt").write_text(log)
        if rows is not None:
            (directory / "metrics.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in rows))
        for name, values in dict(figures).items():
            (directory / "figures" / f"{name}.png").write_bytes(picture_bytes())
            if values:
                (directory / "figures" / f"{name}.json").write_text(json.dumps(values))
        return directory

    return make_run


@pytest.fixture
def make_folds(make_run):
    """Makes a cross-validation of two folds, of which the second has trained for longer."""

    def make_folds(folder="folds", **options):
        around = replace(STATE, checkpoint=None, kept="fold-1", note="test metrics are of fold-1")
        directory = make_run(folder, state=around, rows=None, **options)
        for number, best in enumerate((0.3, 0.1)):
            entry = replace(STATE.best, value=best)
            rows = [row | {"validation/loss": row["validation/loss"] + number / 10} for row in ROWS]
            make_run(
                f"{folder}/fold-{number}",
                state=replace(STATE, best=entry, test={}),
                rows=rows[: 2 + number],
                figures={"loss_curves": {}},
            )
        return directory

    return make_folds
