"""An ensemble answers means: of predictions, of losses, of their terms."""

import pytest
import torch

from framework.contracts import Batch, ImageSet, Task
from framework.data.loaders import ImageLoader
from framework.engines.evaluator import evaluate, make_evaluator
from framework.runs.ensembles import Ensemble
from framework.seeding import seed_generators

CPU = torch.device("cpu")


class Scaling(Task):
    """Predicts images times a factor, with two losses and a term each."""

    def __init__(self, factor, *, noise=0.0):
        self.factor, self.noise = factor, noise
        self.last = 0.0

    def losses(self, batch):
        for name in ("one", "two", "one"):
            self.last = self.factor * batch.images.mean() + self.noise * torch.randn(())
            yield name, 2 * self.last

    def terms(self):
        return {"half": self.last}

    def evaluate(self, batch):
        noise = self.noise * torch.randn_like(batch.images)
        return self.factor * batch.images + noise, batch.images

    def evaluations(self, batch):
        return {"": self.evaluate(batch), "plain": (batch.images, batch.images)}


@pytest.fixture
def batch():
    images = torch.rand(4, 1, 2, 2, generator=torch.Generator().manual_seed(3))
    return Batch(images, None, torch.arange(4))


def test_prediction_is_the_mean_of_the_members(batch):
    ensemble = Ensemble([Scaling(1.0), Scaling(2.0), Scaling(6.0)], CPU)
    prediction, target = ensemble.evaluate(batch)
    assert torch.allclose(prediction, 3 * batch.images)
    assert target is batch.images
    assert torch.allclose(ensemble.evaluations(batch)["plain"][0], batch.images)


def test_losses_and_terms_are_the_means_of_the_members_in_their_order(batch):
    ensemble = Ensemble([Scaling(1.0), Scaling(3.0)], CPU)
    mean = batch.images.mean()
    found = [(name, loss, ensemble.terms()["half"]) for name, loss in ensemble.losses(batch)]
    assert [name for name, *_ in found] == ["one", "two", "one"]
    for _, loss, half in found:
        assert torch.allclose(loss, 4 * mean)
        assert torch.allclose(half, 2 * mean)


def test_members_meet_the_same_noise(batch):
    alone, ensemble = Scaling(1.0, noise=1.0), Ensemble([Scaling(1.0, noise=1.0)] * 3, CPU)
    seed_generators(7, CPU)
    expected = alone.evaluate(batch)[0]
    seed_generators(7, CPU)
    assert torch.allclose(ensemble.evaluate(batch)[0], expected)
    seed_generators(7, CPU)
    expected = [loss for _, loss in alone.losses(batch)]
    seed_generators(7, CPU)
    found = [loss for _, loss in ensemble.losses(batch)]
    assert torch.allclose(torch.stack(found), torch.stack(expected))


def test_ensemble_of_one_is_measured_as_its_member(batch):
    loader = ImageLoader(ImageSet(batch.images), batch.indices, batch_size=3)
    measured = [
        evaluate(make_evaluator(task, {}, seed=2, device=CPU), loader)
        for task in (Scaling(1.5, noise=0.5), Ensemble([Scaling(1.5, noise=0.5)], CPU))
    ]
    assert measured[0] == measured[1]
    assert measured[0].keys() == {"loss/one", "loss/two", "half"}
