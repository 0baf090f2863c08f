"""Averages follow the weights, stand in for them during evaluations, and leave training alone."""

import io

import pytest
import torch
from ignite.engine import Engine, Events
from torch import nn

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.averaging import Averaging


class FakeRun:
    """A run that averaging does not look at."""

    label = ""

    task, networks, optimizers, metrics, best, directory, epoch, num_epochs, seconds = (
        None,
        {},
        {},
        {},
        None,
        None,
        0,
        1,
        0.0,
    )

    def stop(self, reason): ...


class Fit:
    """A weight that takes given values, one per iteration."""

    def __init__(self, decay=0.75):
        self.network = nn.Linear(1, 1)
        self.network.register_buffer("count", torch.tensor(0))
        self.trainer = ReliableEngine(lambda *_: None)
        self.averaging = Averaging({"only": self.network}, decay=decay)
        self.averaging.attach(self.trainer, Engine(lambda *_: None), FakeRun())

    def train(self, *values):
        for value in values:
            nn.init.constant_(self.network.weight, value)
            self.network.count += 1
            self.trainer.fire_event(Events.ITERATION_COMPLETED)

    @property
    def weight(self):
        return self.network.weight.item()

    def evaluated(self):
        """The weight while it is evaluated."""
        self.trainer.fire_event(FitEvents.VALIDATING)
        weight = self.weight
        self.trainer.fire_event(FitEvents.SAVING)
        return weight


def test_average_begins_with_the_first_weights_and_moves_by_the_rest_of_its_decay():
    fit = Fit()
    fit.train(8.0)
    assert fit.evaluated() == 8.0
    fit.train(4.0)
    assert fit.evaluated() == 7.0
    fit.train(3.0, 2.0)
    assert fit.evaluated() == 5.0


def test_own_weights_are_back_when_the_epoch_is_saved():
    fit = Fit()
    fit.train(8.0, 4.0)
    for _ in range(3):
        assert (fit.evaluated(), fit.weight) == (7.0, 4.0)


def test_buffers_are_not_averaged():
    fit = Fit()
    fit.train(8.0, 4.0)
    fit.trainer.fire_event(FitEvents.VALIDATING)
    assert fit.network.count == 2


def test_change_during_an_evaluation_stays_in_the_averages():
    fit = Fit()
    fit.train(8.0, 4.0)
    fit.trainer.fire_event(FitEvents.VALIDATING)
    nn.init.constant_(fit.network.weight, 0.0)
    fit.trainer.fire_event(FitEvents.SAVING)
    assert (fit.weight, fit.evaluated()) == (4.0, 0.0)


def test_averages_are_put_in_for_good():
    fit = Fit()
    fit.train(8.0, 4.0)
    for _ in range(2):
        fit.averaging.put_in()
        assert fit.weight == 7.0


@pytest.mark.parametrize("num_before", [0, 1, 3])
def test_averages_go_on_from_their_state_to_the_bit(num_before):
    values = torch.rand(5).tolist()
    whole, before, after = Fit(), Fit(), Fit()
    whole.train(*values)
    before.train(*values[:num_before])
    buffer = io.BytesIO()
    torch.save(before.averaging.state_dict(), buffer)
    state = torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)
    after.averaging.load_state_dict(state)
    after.train(*values[num_before:])
    assert after.evaluated() == whole.evaluated()
