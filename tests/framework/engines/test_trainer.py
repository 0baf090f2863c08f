"""Steps: order, randomness, refusal of losses that are not numbers."""

import math

import pytest
import torch
from torch import nn

from framework.contracts import SINGLE_OPTIMIZER, Batch, Task
from framework.engines.trainer import make_trainer
from framework.errors import TrainingError
from framework.events import FitEvents

CPU = torch.device("cpu")


class _Regression(Task):
    """Pulls a weight towards noise; the loss becomes NaN at a chosen call."""

    def __init__(self, network, nan_at=None):
        self.network, self.nan_at, self.num_calls = network, nan_at, 0

    def losses(self, batch):
        self.num_calls += 1
        noise = torch.rand(())
        loss = (self.network(batch.images.flatten(1)).mean() - noise).square()
        yield SINGLE_OPTIMIZER, loss * (math.nan if self.num_calls == self.nan_at else 1.0)

    def evaluate(self, batch):
        return batch.images, batch.images


def _setup(nan_at=None):
    torch.manual_seed(0)
    network = nn.Linear(4, 1)
    task = _Regression(network, nan_at)
    optimizers = {SINGLE_OPTIMIZER: torch.optim.SGD(network.parameters(), lr=0.1)}
    return network, make_trainer(task, optimizers, seed=5, device=CPU)


def _batches(num):
    return [Batch(torch.ones(2, 1, 2, 2), None, torch.arange(2)) for _ in range(num)]


def test_step_noise_depends_on_the_iteration_alone():
    network, trainer = _setup()
    trainer.run(_batches(4), max_epochs=1)
    expected = network.weight.detach().clone()
    network, trainer = _setup()
    trainer.run(_batches(2), max_epochs=1, epoch_length=2)
    torch.rand(100)  # what a resume may have drawn in between
    trainer.run(_batches(2), max_epochs=2, epoch_length=2)
    assert torch.equal(network.weight, expected)


@pytest.mark.parametrize("nan_at", [1, 2, 5])
def test_nan_loss_stops_before_it_touches_a_weight(nan_at):
    network, trainer = _setup(nan_at)
    before = []
    trainer.add_event_handler(
        FitEvents.OPTIMIZER_STEPPED, lambda: before.append(network.weight.detach().clone())
    )
    with pytest.raises(TrainingError) as caught:
        trainer.run(_batches(6), max_epochs=1)
    assert f"iteration {nan_at}" in str(caught.value)
    assert "lr 0.1" in str(caught.value)
    assert len(before) == nan_at - 1
    assert torch.isfinite(network.weight).all()


def test_events_fire_once_per_loss_in_order():
    _, trainer = _setup()
    fired = []
    for event in (FitEvents.BACKWARD_COMPLETED, FitEvents.OPTIMIZER_STEPPED):
        trainer.add_event_handler(event, fired.append, event)
    trainer.run(_batches(2), max_epochs=1)
    assert fired == [FitEvents.BACKWARD_COMPLETED, FitEvents.OPTIMIZER_STEPPED] * 2
    assert set(trainer.state.output) == {SINGLE_OPTIMIZER}


class _Adversarial(Task):
    """Two networks, two losses; the second depends on what the first step has done."""

    def __init__(self, networks):
        self.networks, self.num_ended = networks, 0

    def losses(self, batch):
        features = batch.images.flatten(1)
        yield "critic", self.networks["critic"](features).square().mean()
        yield "generator", self.networks["generator"](self.networks["critic"](features)).mean()
        self.num_ended += 1

    def evaluate(self, batch):
        return batch.images, batch.images


def _adversarial(accumulation):
    torch.manual_seed(0)
    networks = {"critic": nn.Linear(4, 2), "generator": nn.Linear(2, 1)}
    optimizers = {n: torch.optim.SGD(net.parameters(), lr=0.1) for n, net in networks.items()}
    task = _Adversarial(networks)
    trainer = make_trainer(task, optimizers, seed=5, device=CPU, accumulation=accumulation)
    return networks, task, trainer


@pytest.mark.parametrize("accumulation", [2, 3, 7, 100])
def test_batch_in_parts_steps_as_the_whole_one_does(accumulation):
    images = torch.rand(7, 1, 2, 2, generator=torch.Generator().manual_seed(1))
    batches = [Batch(images, None, torch.arange(7))] * 3
    (whole, _, trainer), (split, task, other) = _adversarial(1), _adversarial(accumulation)
    trainer.run(batches, max_epochs=1)
    other.run(batches, max_epochs=1)
    for name, network in whole.items():
        for key, value in network.state_dict().items():
            torch.testing.assert_close(split[name].state_dict()[key], value)
    assert other.state.output == pytest.approx(trainer.state.output, rel=1e-5)
    assert task.num_ended == 3 * min(accumulation, 7)


@pytest.mark.parametrize("accumulation", [1, 2])
def test_events_tell_which_optimizer_steps(accumulation):
    _, _, trainer = _adversarial(accumulation)
    names = []
    for event in (FitEvents.BACKWARD_COMPLETED, FitEvents.OPTIMIZER_STEPPED):
        trainer.add_event_handler(event, lambda: names.append(trainer.state.optimizer_name))
    trainer.run(_batches(1), max_epochs=1)
    assert names == ["critic", "critic", "generator", "generator"]


def test_nan_loss_of_a_part_stops_before_a_step():
    torch.manual_seed(0)
    network = nn.Linear(4, 1)
    before = network.weight.detach().clone()
    optimizers = {SINGLE_OPTIMIZER: torch.optim.SGD(network.parameters(), lr=0.1)}
    task = _Regression(network, nan_at=2)
    trainer = make_trainer(task, optimizers, seed=5, device=CPU, accumulation=2)
    with pytest.raises(TrainingError, match="iteration 1"):
        trainer.run(_batches(2), max_epochs=1)
    assert torch.equal(network.weight, before)


class _Critical(Task):
    """Steps the critic twice for every step of the generator, and tells the sums of its inputs."""

    def __init__(self, networks):
        self.networks, self._terms = networks, {}

    def losses(self, batch):
        features = batch.images.flatten(1)
        for scale in (1, 3):
            loss = self.networks["critic"](features).mean() * 0 + scale
            self._terms = {"scale": features.mean() * scale}
            yield "critic", loss
        self._terms = {"graph": self.networks["generator"].weight.sum()}
        yield "generator", self.networks["generator"](self.networks["critic"](features)).mean()

    def terms(self):
        return self._terms

    def evaluate(self, batch):
        return batch.images, batch.images


@pytest.mark.parametrize("accumulation", [1, 2, 3])
def test_terms_and_repeated_losses_are_means_over_the_batch(accumulation):
    networks, _, _ = _adversarial(1)
    optimizers = {n: torch.optim.SGD(net.parameters(), lr=0.0) for n, net in networks.items()}
    task = _Critical(networks)
    trainer = make_trainer(task, optimizers, seed=5, device=CPU, accumulation=accumulation)
    images = torch.rand(5, 1, 2, 2, generator=torch.Generator().manual_seed(1))
    trainer.run([Batch(images, None, torch.arange(5))], max_epochs=1)
    weight = networks["generator"].weight.sum().item()
    expected = {"scale": 2 * images.mean().item(), "graph": weight}
    assert trainer.state.terms == pytest.approx(expected, rel=1e-5)
    assert trainer.state.output["critic"] == pytest.approx(2)
    assert all(type(value) is float for value in trainer.state.terms.values())
