"""The log of an interrupted run equals that of one that was not, byte for byte."""

import json
import math

import pytest
from ignite.engine import Engine

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.metrics_log import MetricsLog


class FakeRun:
    """A run whose training loss falls from epoch to epoch."""

    label = ""

    task, networks, optimizers, best, directory = None, {}, {}, None, None
    num_epochs, seconds = 100, 0.0

    def __init__(self, epoch=0):
        self.epoch = epoch
        self.metrics = {}

    def stop(self, reason):
        raise AssertionError(reason)


def test_each_epoch_is_one_row_without_a_time(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log_epochs(MetricsLog(path), FakeRun(), num_epochs=2)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"epoch": 1, "iteration": 7, "train/loss": 1.0},
        {"epoch": 2, "iteration": 14, "train/loss": 0.5},
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_value_that_is_not_finite_is_null(tmp_path, value):
    path, run = tmp_path / "metrics.jsonl", FakeRun()
    trainer = attached(MetricsLog(path), run)
    run.metrics = {"validation/loss": value}
    trainer.fire_event(FitEvents.SAVING)
    assert '"validation/loss": null' in path.read_text()


@pytest.mark.parametrize("written_since", ["", "half a ro", '{"epoch": 3}\n{"epoch": 4}\n'])
def test_resumed_log_overwrites_what_was_written_after_the_checkpoint(tmp_path, written_since):
    whole, resumed = tmp_path / "whole.jsonl", tmp_path / "resumed.jsonl"
    log_epochs(MetricsLog(whole), FakeRun(), num_epochs=5)
    before, after = MetricsLog(resumed), MetricsLog(resumed)
    log_epochs(before, FakeRun(), num_epochs=2)
    with resumed.open("a") as file:
        file.write(written_since)
    after.load_state_dict(before.state_dict())
    log_epochs(after, FakeRun(epoch=2), num_epochs=3)
    assert resumed.read_bytes() == whole.read_bytes()


def attached(log, run):
    trainer = ReliableEngine(lambda _engine, _batch: None)
    log.attach(trainer, Engine(lambda _engine, _batch: None), run)
    return trainer


def log_epochs(log, run, *, num_epochs):
    trainer = attached(log, run)
    for _ in range(num_epochs):
        run.epoch += 1
        trainer.state.iteration = 7 * run.epoch
        run.metrics = {"train/loss": 1 / run.epoch}
        trainer.fire_event(FitEvents.SAVING)
