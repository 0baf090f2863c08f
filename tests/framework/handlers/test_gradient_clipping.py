"""Gradients of the stepping optimizer are clipped, no others, and their length is reported."""

import pytest
import torch
from ignite.engine import Engine

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.gradient_clipping import GradientClipping


class FakeRun:
    """A run of some optimizers."""

    label = ""

    task, networks, best, directory, epoch, num_epochs, seconds = None, {}, None, None, 0, 1, 0.0

    def __init__(self, optimizers):
        self.optimizers, self.metrics = optimizers, {}

    def stop(self, reason): ...


def make_run(*names):
    weights = {name: torch.nn.Parameter(torch.zeros(2)) for name in names}
    optimizers = {name: torch.optim.SGD([weight], lr=1.0) for name, weight in weights.items()}
    return FakeRun(optimizers), weights


def attached(run, max_norm):
    trainer, clipping = ReliableEngine(lambda *_: None), GradientClipping(max_norm=max_norm)
    clipping.attach(trainer, Engine(lambda *_: None), run)

    def backward(name, weights, gradient):
        weights[name].grad = torch.tensor(gradient)
        trainer.state.optimizer_name = name
        trainer.fire_event(FitEvents.BACKWARD_COMPLETED)
        return weights[name].grad.tolist()

    return trainer, clipping, backward


def test_long_gradient_is_scaled_and_a_short_one_is_not():
    run, weights = make_run("main")
    _, _, backward = attached(run, max_norm=1.0)
    assert backward("main", weights, [3.0, 4.0]) == pytest.approx([0.6, 0.8])
    assert backward("main", weights, [0.3, 0.4]) == pytest.approx([0.3, 0.4])


def test_gradients_of_other_optimizers_stay():
    run, weights = make_run("generator", "discriminator")
    _, _, backward = attached(run, max_norm=1.0)
    weights["generator"].grad = torch.tensor([30.0, 40.0])
    backward("discriminator", weights, [3.0, 4.0])
    assert weights["generator"].grad.tolist() == [30.0, 40.0]


def test_mean_length_before_clipping_is_reported_per_epoch():
    run, weights = make_run("main")
    trainer, _, backward = attached(run, max_norm=1.0)
    for gradient in ([3.0, 4.0], [0.0, 1.0]):
        backward("main", weights, gradient)
    trainer.fire_event(FitEvents.VALIDATING)
    assert run.metrics == {"gradient_norm": pytest.approx(3.0)}
    backward("main", weights, [0.0, 7.0])
    trainer.fire_event(FitEvents.VALIDATING)
    assert run.metrics == {"gradient_norm": pytest.approx(7.0)}


def test_lengths_of_several_optimizers_are_told_apart():
    run, weights = make_run("generator", "discriminator")
    trainer, _, backward = attached(run, max_norm=1.0)
    backward("generator", weights, [2.0, 0.0])
    backward("discriminator", weights, [5.0, 0.0])
    trainer.fire_event(FitEvents.VALIDATING)
    assert run.metrics == {"gradient_norm/generator": 2.0, "gradient_norm/discriminator": 5.0}


def test_mean_goes_on_within_an_epoch():
    (run, weights), (other, others) = make_run("main"), make_run("main")
    _, clipping, backward = attached(run, max_norm=1.0)
    trainer, resumed, backward_again = attached(other, max_norm=1.0)
    backward("main", weights, [3.0, 4.0])
    resumed.load_state_dict(clipping.state_dict())
    backward_again("main", others, [0.0, 1.0])
    trainer.fire_event(FitEvents.VALIDATING)
    assert other.metrics == {"gradient_norm": pytest.approx(3.0)}
