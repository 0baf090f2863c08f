"""Measuring changes nothing, repeats exactly, and weighs every image alike."""

import pytest
import torch
import torch.nn.functional as F
from torchmetrics.regression import MeanSquaredError

from framework.contracts import SINGLE_OPTIMIZER, ImageSet, Task
from framework.data.loaders import ImageLoader
from framework.engines.evaluator import evaluate, make_evaluator

CPU = torch.device("cpu")


class _Halving(Task):
    def __init__(self, noise=0.0):
        self.noise = noise
        self.grad_modes = []

    def losses(self, batch):
        self.grad_modes.append(torch.is_grad_enabled())
        prediction = batch.images / 2 + self.noise * torch.rand_like(batch.images)
        yield SINGLE_OPTIMIZER, F.mse_loss(prediction, batch.images)

    def evaluate(self, batch):
        return batch.images / 2, batch.images


def _loader():
    images = ImageSet(torch.rand(10, 1, 3, 3, generator=torch.Generator().manual_seed(0)))
    return images.images, ImageLoader(images, torch.arange(10), batch_size=4)


def test_metrics_equal_a_direct_computation():
    images, loader = _loader()
    evaluator = make_evaluator(_Halving(), {"mse": MeanSquaredError()}, seed=0, device=CPU)
    expected = F.mse_loss(images / 2, images).item()
    for _ in range(2):  # nothing is left over from the first time
        measured = evaluate(evaluator, loader)
        assert measured == {"loss": pytest.approx(expected), "mse": pytest.approx(expected)}


def test_noise_is_the_same_every_time():
    _, loader = _loader()
    evaluator = make_evaluator(_Halving(noise=1.0), {}, seed=0, device=CPU)
    first = evaluate(evaluator, loader)
    torch.rand(7)
    assert evaluate(evaluator, loader) == first


def test_gradients_are_off_inside_and_back_on_afterwards():
    _, loader = _loader()
    task = _Halving()
    evaluate(make_evaluator(task, {}, seed=0, device=CPU), loader)
    assert task.grad_modes == [False] * 3
    assert torch.is_grad_enabled()


class _Compared(_Halving):
    def evaluations(self, batch):
        return {"": self.evaluate(batch), "twofold": (batch.images * 2, batch.images)}


def test_other_evaluations_are_measured_under_their_names():
    images, loader = _loader()
    evaluator = make_evaluator(_Compared(), {"mse": MeanSquaredError()}, seed=0, device=CPU)
    halved = pytest.approx(F.mse_loss(images / 2, images).item())
    twofold = pytest.approx(F.mse_loss(images * 2, images).item())
    for _ in range(2):
        measured = evaluate(evaluator, loader)
        assert measured == {"loss": halved, "mse": halved, "twofold/mse": twofold}


class _Termed(_Halving):
    def losses(self, batch):
        self._mean = batch.images.mean()
        yield from super().losses(batch)

    def terms(self):
        return {"mean": self._mean}


def test_terms_are_means_over_all_images():
    images, loader = _loader()
    measured = evaluate(make_evaluator(_Termed(), {}, seed=0, device=CPU), loader)
    assert measured["mean"] == pytest.approx(images.mean().item())
