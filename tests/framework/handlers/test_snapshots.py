"""Weights of chosen epochs are stored, the untrained ones only where a fit begins."""

from ignite.engine import Engine
from torch import nn

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.snapshots import Snapshots


class FakeRun:
    """A run whose only weight is the number of its epoch."""

    label = ""

    task, optimizers, best, directory = None, {}, None, None
    num_epochs, seconds, metrics = 100, 0.0, {}

    def __init__(self, epoch=0):
        self.networks = {"network": nn.Linear(1, 1)}
        self.epoch = epoch

    def stop(self, reason):
        raise AssertionError(reason)


def test_chosen_epochs_are_stored_as_they_were_evaluated():
    assert stored_in(FakeRun(), epochs=(1, 3, 9), num_epochs=4) == {1: 1.0, 3: 3.0}


def test_epoch_0_is_the_untrained_network():
    assert stored_in(FakeRun(), epochs=(0, 2), num_epochs=2) == {0: 0.0, 2: 2.0}


def test_resumed_fit_stores_no_epoch_a_second_time():
    assert stored_in(FakeRun(epoch=2), epochs=(0, 2), num_epochs=1) == {}


def stored_in(run, *, epochs, num_epochs):
    """The snapshots that a fit of so many more epochs stores."""
    stored = {}
    trainer = ReliableEngine(lambda _engine, _batch: None)
    snapshots = Snapshots(
        epochs, lambda epoch, weights: stored.update({epoch: weights["network"]["weight"].item()})
    )
    snapshots.attach(trainer, Engine(lambda _engine, _batch: None), run)
    nn.init.constant_(run.networks["network"].weight, run.epoch)
    trainer.state.iteration = run.epoch
    trainer.fire_event(FitEvents.FIT_STARTED)
    for _ in range(num_epochs):
        run.epoch += 1
        nn.init.constant_(run.networks["network"].weight, run.epoch)
        trainer.fire_event(FitEvents.VALIDATED)
    return stored
