"""Weights that are no longer numbers are found before anything is kept."""

import math

import pytest
import torch
from ignite.engine import Engine
from torch import nn

from framework.engines.engine import ReliableEngine
from framework.errors import TrainingError
from framework.events import FitEvents
from framework.handlers.guards import FiniteWeights, require_finite_weights


class FakeRun:
    """A run of two networks."""

    label = ""

    task, optimizers, best, directory = None, {}, None, None
    epoch, num_epochs, seconds, metrics = 4, 10, 0.0, {}

    def __init__(self):
        self.networks = {"encoder": nn.Linear(3, 2), "decoder": nn.BatchNorm1d(2)}

    def stop(self, reason):
        raise AssertionError(reason)


def test_finite_weights_pass():
    require_finite_weights(FakeRun())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_poisoned_weight_is_named(value):
    run = FakeRun()
    with torch.no_grad():
        run.networks["encoder"].weight[1, 2] = value
    with pytest.raises(TrainingError) as caught:
        require_finite_weights(run)
    (fault,) = caught.value.faults
    assert fault.identifier == "T040"
    assert fault.message == "encoder.weight is not finite in epoch 4"


def test_every_poisoned_tensor_is_named_buffers_too():
    run = FakeRun()
    nn.init.constant_(run.networks["encoder"].bias, math.nan)
    run.networks["decoder"].running_var.fill_(math.inf)
    with pytest.raises(TrainingError) as caught:
        require_finite_weights(run)
    assert [fault.message.split(" ")[0] for fault in caught.value.faults] == [
        "encoder.bias",
        "decoder.running_var",
    ]


def test_weights_are_looked_through_before_they_are_evaluated():
    run = FakeRun()
    nn.init.constant_(run.networks["encoder"].bias, math.nan)
    trainer = ReliableEngine(lambda _engine, _batch: None)
    FiniteWeights().attach(trainer, Engine(lambda _engine, _batch: None), run)
    for event in (FitEvents.VALIDATED, FitEvents.SAVING):
        trainer.fire_event(event)
    with pytest.raises(TrainingError):
        trainer.fire_event(FitEvents.VALIDATING)
