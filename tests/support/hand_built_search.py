"""A study as a search leaves it, made by hand."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import optuna
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from framework.runs.records import RunState

LR = "optimizer.lr"
LATENT = "networks.encoder.latent_dim"
KIND = "optimizer.type"
CHANNELS = "networks.encoder.channels1"
DISTRIBUTIONS = {
    LR: FloatDistribution(1e-5, 1e-1, log=True),
    LATENT: IntDistribution(1, 16),
    KIND: CategoricalDistribution(("adam", "sgd")),
    CHANNELS: IntDistribution(4, 8),
}
SEARCH = """search:
  num_trials: 4
  space:
    optimizer.lr: {low: 0.00001, high: 0.1, log: true}
    optimizer.type: {choices: [adam, sgd]}
    networks.encoder: {type: symmetric_conv_space}
"""
BEGUN = datetime(2026, 1, 2, 12, 0, 0)  # as Optuna writes it, without a time zone
RESOLVED = """format: 1
name: tiny
dataset: {type: digits}
networks: {encoder: {type: conv_encoder, channels: [4], latent_dim: 8}}
optimizer: {type: adam, lr: 0.001}
task: {type: reconstruction}
"""
EMPTY = {"infeasible": "layers.conv1: its output would be empty", "layer": "encoder: layers.conv1"}
TRIALS = [
    {"value": 0.5, "curve": (0.9, 0.5)},
    {"state": "pruned", "attrs": EMPTY, "has_run": False, "channels": 8},
    {"value": 0.25, "lr": 0.02, "latent": 6, "channels": 7, "curve": (0.8, 0.4, 0.25)},
    {"state": "pruned", "curve": (0.95,)},
    {"state": "failed", "attrs": {"reason": "validation/loss is not a finite number"}},
    {"value": 0.1, "violation": 2.0},
    {"state": "failed"},
    {"state": "running", "attrs": {"run": "trial-0006", "kills": 1}, "curve": (0.7,)},
    {"state": "failed", "attrs": {"surplus": True}},
    {"state": "failed", "has_run": False},
]
"""In order: complete, infeasible, the best, ended early, failed, one that violates a constraint,
one that was killed, the one that has taken it up again, one too many, one that died being drawn."""
_META = {
    "format": 1,
    "name": "tiny",
    "identity": "0123456789abcdef",
    "num_epochs": 3,
    "seed": 4,
    "started": "2026-01-02T12:00:00+00:00",
}


def make_search(folder: Path) -> Path:
    """Make the run directory of a search in a folder; answer it."""
    directory = folder / "20260102-120000-01234567"
    best = directory / "trial-0002"
    best.mkdir(parents=True)
    (directory / "resolved.yaml").write_text(f"{RESOLVED}{SEARCH}")
    drawn_values = (("[4]", "[7]"), ("latent_dim: 8", "latent_dim: 6"), ("lr: 0.001", "lr: 0.02"))
    text = RESOLVED
    for before, after in drawn_values:
        text = text.replace(before, after)
    (best / "resolved.yaml").write_text(text)
    state = RunState(status="finished", kept="trial-0002", test={"loss": 0.3}, num_trials=5)
    for path, each in ((directory, state), (best, RunState(status="finished"))):
        (path / "meta.json").write_text(json.dumps(_META))
        (path / "state.json").write_text(json.dumps(each.as_json()))
        (path / "recipe.yaml").write_text("# What it is for.\n")
    make_study(directory, TRIALS)
    return directory


def terms_of(values):
    return {f"term/{name}": value for name, value in values.items()}


def make_study(directory: Path, trials, *, directions=("minimize",), names=("objective",)):
    """Write `study.db`; trials are keyword arguments of `drawn`."""
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    path = directory.resolve()
    study = optuna.create_study(
        storage=f"sqlite:///{path / 'study.db'}",
        study_name=f"{path.parent.name}/{path.name}",
        directions=list(directions),
    )
    terms = [{"metric": "validation/loss", "weight": 1.0}, {"cost": "minutes", "weight": 0.01}]
    objectives = {
        name: {"direction": direction, "terms": terms}
        for name, direction in zip(names, directions, strict=True)
    }
    study.set_user_attr("declared", {"objectives": objectives})
    study.add_trials([drawn(number, **trial) for number, trial in enumerate(trials)])


def drawn(
    number, *, state="complete", value=None, values=None, lr=0.01, latent=4, kind="adam",
    channels=5, attrs=None, curve=(), violation=None, has_run=True,
):  # fmt: skip
    """A trial: what it drew, and how it ended."""
    states = {
        "complete": TrialState.COMPLETE,
        "pruned": TrialState.PRUNED,
        "failed": TrialState.FAIL,
        "running": TrialState.RUNNING,
        "waiting": TrialState.WAITING,
    }
    overrides = {
        LR: lr,
        KIND: kind,
        "networks.encoder": {"channels": [channels], "latent_dim": latent},
    }
    own = {"overrides": json.dumps(overrides)} | ({"run": f"trial-{number:04d}"} if has_run else {})
    if values is None and value is not None:
        values = [value]
        own |= terms_of({"validation/loss": value - 0.01, "minutes": 1.5}) | {"minutes": 1.5}
    trial = create_trial(
        state=states[state],
        params={LR: lr, LATENT: latent, KIND: kind, CHANNELS: channels},
        distributions=DISTRIBUTIONS,
        values=values,
        user_attrs=own | dict(attrs or {}),
        system_attrs={} if violation is None else {"constraints:bound": violation},
        intermediate_values=dict(enumerate(curve, start=1)),
    )
    trial.datetime_start = BEGUN + timedelta(seconds=60 * number)
    if state not in {"running", "waiting"}:
        trial.datetime_complete = trial.datetime_start + timedelta(seconds=90)
    return trial
