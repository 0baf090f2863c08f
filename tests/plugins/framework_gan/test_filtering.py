import pytest
import torch
from torch import nn

from framework import Batch
from framework_gan.filtering import FilteredGeneration


class Painter(nn.Module):
    """Paints the sum of the noise as an image of one grey."""

    latent_dim = 3

    def forward(self, noise):
        return noise.sum(1).reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4)


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, images):
        return images * self.factor


NOISE = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
IMAGES = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(1))


def make_networks(**others):
    return {
        "generator": Painter(),
        "encoder": Scale(2.0),
        "decoder": nn.Sequential(nn.Threshold(0.5, 0.0)),
        **others,
    }


def make_task(networks=None, **settings):
    networks = make_networks() if networks is None else networks
    return FilteredGeneration(networks, networks["generator"], **settings)


def filtered(images):
    doubled = images * 2
    return torch.where(doubled > 0.5, doubled, 0.0).sigmoid()


def test_nothing_is_trained():
    assert list(make_task().losses(Batch(IMAGES, None, torch.arange(5)))) == []


def test_real_images_are_compared_with_what_the_filter_makes_of_them():
    predictions, targets = make_task().evaluate(Batch(IMAGES, None, torch.arange(5)))
    assert predictions.equal(filtered(IMAGES))
    assert targets is IMAGES


def test_generated_images_pass_the_chain_in_its_order():
    operations = make_task().operations()
    generated = operations["generate"](NOISE)
    assert generated.equal(Painter()(NOISE))
    assert operations["filter"](IMAGES).equal(filtered(IMAGES))
    assert operations["generate_filtered"](NOISE).equal(filtered(generated))


def test_chain_is_the_one_named():
    networks = make_networks(half=Scale(0.5))
    filter_with_it = make_task(networks, chain=("half",)).operations()["filter"]
    assert filter_with_it(IMAGES).equal((IMAGES / 2).sigmoid())


def test_operations_say_what_they_take_and_answer():
    networks = make_networks(judge=nn.Flatten())
    operations = make_task(networks, judge="judge").operations()
    assert {n: (each.takes, each.answers, each.shape) for n, each in operations.items()} == {
        "generate": ("noise", "images", (3,)),
        "filter": ("images", "images", None),
        "generate_filtered": ("noise", "images", (3,)),
        "judge": ("images", "codes", None),
    }
    assert operations["judge"](IMAGES).equal(IMAGES.flatten(1))


def test_without_a_judge_nothing_judges():
    assert "judge" not in make_task(make_networks(judge=nn.Flatten())).operations()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"chain": ("encoder", "decodr")}, "did you mean 'decoder'"),
        ({"judge": "classifier"}, "'classifier', which is no network of this recipe"),
    ],
)
def test_networks_that_there_are_not_are_refused(settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_task(**settings)


def test_generator_that_does_not_state_its_noise_is_refused():
    with pytest.raises(ValueError, match="Scale makes no images of noise"):
        make_task(make_networks(generator=Scale(1.0)))
