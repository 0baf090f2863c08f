"""What is kept are the weights of the best epoch, in memory of their own."""

import math

import pytest
import torch
from ignite.engine import Engine
from torch import nn

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.best_weights import BestWeights, copy_weights
from framework.handlers.monitoring import Monitor

LOSS = Monitor("validation/loss", "min")


class FakeRun:
    """A run whose only weight is the number of its epoch."""

    label = ""

    task, optimizers, best, directory = None, {}, None, None
    num_epochs, seconds = 100, 0.0

    def __init__(self):
        self.networks = {"network": nn.Linear(1, 1)}
        self.epoch, self.metrics = 0, {}

    def stop(self, reason):
        raise AssertionError(reason)


@pytest.mark.parametrize(
    ("mode", "values", "best_epoch"),
    [
        ("min", [3.0, 1.0, 2.0], 2),
        ("max", [3.0, 1.0, 2.0], 1),
        ("min", [1.0, 1.0, 1.0], 1),
        ("min", [math.nan, 2.0, 1.0, math.nan], 3),
        ("max", [math.inf, 1.0], 2),
    ],
)
def test_best_epoch_and_its_weights_are_kept(mode, values, best_epoch):
    best = BestWeights(Monitor("validation/loss", mode))
    live(FakeRun(), best, values)
    assert best.epoch == best_epoch
    assert best.value == values[best_epoch - 1]
    assert best.weights["network"]["weight"].item() == best_epoch


def test_nothing_is_kept_where_no_value_is_finite():
    best = BestWeights(LOSS)
    live(FakeRun(), best, [math.nan] * 3)
    assert best.value is None
    assert best.weights == {}


def test_state_round_trips_and_the_comparison_goes_on():
    run, before, after = FakeRun(), BestWeights(LOSS), BestWeights(LOSS)
    live(run, before, [2.0, 1.0])
    after.load_state_dict(before.state_dict())
    live(run, after, [1.5])
    assert (after.epoch, after.value) == (2, 1.0)
    assert after.weights["network"]["weight"].item() == 2


def test_comparison_starts_again_where_it_is_restarted():
    run, best = FakeRun(), BestWeights(LOSS)
    live(run, best, [1.0, 2.0])
    best.restart()
    assert best.state_dict() == {"value": None, "epoch": 0, "weights": {}}
    live(run, best, [3.0, 2.5, 2.7])
    assert (best.epoch, best.value) == (4, 2.5)


def test_copied_weights_share_no_memory_and_hold_buffers_too():
    network = nn.BatchNorm1d(2)
    copied = copy_weights({"norm": network})
    assert set(copied["norm"]) == set(network.state_dict())
    network.running_mean += 1
    with torch.no_grad():
        network.weight += 1
    assert torch.equal(copied["norm"]["running_mean"], torch.zeros(2))
    assert torch.equal(copied["norm"]["weight"], torch.ones(2))
    assert not copied["norm"]["weight"].requires_grad


def live(run, best, values):
    trainer = ReliableEngine(lambda _engine, _batch: None)
    best.attach(trainer, Engine(lambda _engine, _batch: None), run)
    for value in values:
        run.epoch += 1
        nn.init.constant_(run.networks["network"].weight, run.epoch)
        run.metrics = {"validation/loss": value}
        trainer.fire_event(FitEvents.VALIDATED)
