"""What trackers are told of a fit; whole runs are in tests/framework/runs/test_tracking.py."""

import numpy as np
import pytest
import torch
from ignite.engine import Engine, Events

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.tracked_part import TrackedPart
from framework.handlers.tracking import Tracking


class FakeRun:
    """A run of some optimizers, each of one weight whose gradient is a multiple of (3, 4)."""

    label, task, networks, best, directory = "", None, {}, None, None
    num_epochs, seconds = 3, 0.0

    def __init__(self, *names):
        self.optimizers = {}
        for number, name in enumerate(names):
            weight = torch.nn.Parameter(torch.zeros(2))
            weight.grad = torch.tensor([3.0, 4.0]) * (number + 1)
            self.optimizers[name] = torch.optim.SGD([weight], lr=0.5 / (number + 1))
        self.epoch, self.metrics = 0, {}

    def stop(self, reason): ...


class Part(TrackedPart):
    """Asks for every second iteration, and keeps what it is told."""

    def __init__(self, *, wants_norm=True):
        super().__init__([], lambda _: None)
        self.rows, self.pictures, self._wants_norm = [], [], wants_norm

    def wants_iteration(self, iteration):
        return iteration % 2 == 0

    def wants_gradient_norm(self, iteration):
        return self._wants_norm and self.wants_iteration(iteration)

    def log_iteration(self, values, *, iteration, epoch):
        self.rows.append((values, iteration, epoch))

    def log(self, values, *, iteration, epoch):
        self.rows.append((values, iteration, epoch))

    def wants_images(self, epoch):
        return epoch == 2

    def show_training(self, pictures, *, iteration, epoch):
        self.pictures.append((sorted(pictures), iteration, epoch))


def train(part, run, *, num_epochs=1, terms=None):
    """Two iterations an epoch of four images each."""
    started = []

    def step(engine, _):
        for name in run.optimizers:
            engine.state.optimizer_name = name
            engine.fire_event(FitEvents.BACKWARD_COMPLETED)
        engine.state.terms = terms or {}
        return dict.fromkeys(run.optimizers, 1.5)

    trainer = ReliableEngine(step)
    pictures = {"pictures/one": np.zeros((1, 1, 3), np.uint8)}
    tracking = Tracking(part, start=started.append, pictures=lambda: pictures)
    tracking.attach(trainer, Engine(lambda *_: None), run)

    @trainer.on(Events.EPOCH_COMPLETED)
    def end_epoch():
        run.epoch += 1
        run.metrics = {"train/loss": float(run.epoch)}
        trainer.fire_event(FitEvents.VALIDATED)
        trainer.fire_event(FitEvents.SAVING)

    trainer.run([range(4)] * 2, max_epochs=num_epochs)
    trainer.fire_event(FitEvents.FIT_STARTED)
    return started


def test_iterations_that_are_asked_for_have_a_row():
    part = Part()
    train(part, FakeRun("main"), terms={"kl": 0.25})
    values, iteration, epoch = part.rows[0]
    expected = {"iteration/loss": 1.5, "iteration/kl": 0.25}
    expected |= {"iteration/lr": 0.5, "iteration/gradient_norm": 5.0}
    assert values == pytest.approx(expected)
    assert (iteration, epoch) == (2, 1)


def test_each_of_several_optimizers_has_its_own_numbers():
    part = Part()
    train(part, FakeRun("generator", "discriminator"))
    values = part.rows[0][0]
    assert values["iteration/loss/generator"] == values["iteration/loss/discriminator"] == 1.5
    assert values["iteration/gradient_norm/discriminator"] == pytest.approx(10.0)
    assert values["iteration/lr/discriminator"] == 0.25


def test_gradient_is_not_measured_unless_it_is_asked_for():
    part = Part(wants_norm=False)
    train(part, FakeRun("main"))
    assert set(part.rows[0][0]) == {"iteration/loss", "iteration/lr"}


def test_epoch_has_its_metrics_and_the_throughput():
    part = Part()
    train(part, FakeRun("main"), num_epochs=2)
    values, iteration, epoch = part.rows[-1]
    assert values.pop("images_per_second") > 0
    assert (values, iteration, epoch) == ({"train/loss": 2.0}, 4, 2)


def test_pictures_are_drawn_for_epochs_that_are_asked_for_alone():
    part = Part()
    train(part, FakeRun("main"), num_epochs=3)
    assert part.pictures == [(["pictures/one"], 4, 2)]


def test_trackers_begin_where_the_fit_does():
    assert train(Part(), FakeRun("main")) == [2]
