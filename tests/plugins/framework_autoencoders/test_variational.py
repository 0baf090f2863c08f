from math import log, pi

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from framework import SINGLE_OPTIMIZER, Batch, DataInfo
from framework_autoencoders.bottlenecks import GaussianBottleneck
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.losses import BinaryCrossEntropy, MeanSquaredError
from framework_autoencoders.variational import Variational, divergence_from_standard_normal

DATA = DataInfo(image_shape=(2, 9, 12), num_train=10, num_test=10)


@pytest.fixture
def networks():
    torch.manual_seed(0)
    encoder = ConvEncoder(DATA)
    bottleneck = GaussianBottleneck(encoder, latent_dim=5)
    return encoder, bottleneck, MirroredDecoder(bottleneck)


@pytest.fixture
def batch():
    pixels = torch.rand(6, *DATA.image_shape, generator=torch.Generator().manual_seed(0))
    return Batch(pixels.round(), None, torch.arange(6))


def posterior_and_likelihood_of(networks, batch):
    """The distribution of the codes, and the logits of one draw, the same as the task's."""
    encoder, bottleneck, decoder = networks
    mean, log_variance = bottleneck.moments(encoder(batch.images))
    posterior = Normal(mean, log_variance.exp().sqrt())
    torch.manual_seed(7)
    return posterior, decoder(posterior.rsample())


def loss_of(networks, batch, loss, **parameters):
    torch.manual_seed(7)
    ((name, found),) = Variational(*networks, loss, **parameters).losses(batch)
    assert name == SINGLE_OPTIMIZER
    return found


def test_loss_with_bce_is_the_negative_evidence_lower_bound_per_value(networks, batch):
    posterior, logits = posterior_and_likelihood_of(networks, batch)
    likelihood = Independent(Bernoulli(logits=logits), 3).log_prob(batch.images)
    divergence = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)
    bound = (likelihood - divergence).mean()
    found = loss_of(networks, batch, BinaryCrossEntropy())
    torch.testing.assert_close(found, -bound / DATA.num_features)


def test_beta_of_twice_the_variance_gives_the_bound_for_normal_noise(networks, batch):
    std = 0.3
    posterior, logits = posterior_and_likelihood_of(networks, batch)
    likelihood = Independent(Normal(logits.sigmoid(), std), 3).log_prob(batch.images)
    divergence = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)
    bound = (likelihood - divergence).mean() / DATA.num_features
    found = loss_of(networks, batch, MeanSquaredError(), beta=2 * std**2)
    torch.testing.assert_close(found, -2 * std**2 * (bound + log(2 * pi * std**2) / 2))


def test_terms_are_the_reconstruction_and_the_divergence_in_nats_per_image(networks, batch):
    task = Variational(*networks, BinaryCrossEntropy(), beta=4.0)
    torch.manual_seed(7)
    ((_, loss),) = task.losses(batch)
    posterior, logits = posterior_and_likelihood_of(networks, batch)
    terms = task.terms()
    assert list(terms) == ["reconstruction", "kl_divergence"]
    torch.testing.assert_close(
        terms["reconstruction"], BinaryCrossEntropy()(logits, batch.images).detach()
    )
    divergence = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(terms["kl_divergence"], divergence.detach())
    expected = terms["reconstruction"] + 4 * terms["kl_divergence"] / DATA.num_features
    torch.testing.assert_close(loss.detach(), expected)
    assert not any(term.requires_grad for term in terms.values())


def test_divergence_vanishes_for_standard_normal_codes_only():
    zeros = torch.zeros(3, 4)
    assert divergence_from_standard_normal(zeros, zeros) == 0
    assert divergence_from_standard_normal(zeros + 1, zeros) == pytest.approx(2)
    assert divergence_from_standard_normal(zeros, zeros - 1) > 0


def test_beta_of_zero_leaves_the_reconstruction_of_a_noisy_code(networks, batch):
    _, logits = posterior_and_likelihood_of(networks, batch)
    found = loss_of(networks, batch, MeanSquaredError(), beta=0.0)
    torch.testing.assert_close(found, MeanSquaredError()(logits, batch.images))


def test_images_are_encoded_to_the_mean_and_generated_from_the_prior(networks, batch):
    encoder, bottleneck, decoder = networks
    operations = Variational(*networks, MeanSquaredError()).operations()
    assert list(operations) == ["encode", "decode", "reconstruct", "generate"]
    mean, _ = bottleneck.moments(encoder(batch.images))
    assert torch.equal(operations["encode"](batch.images), mean)
    noise = torch.randn(3, 5)
    assert torch.equal(operations["generate"](noise), decoder(noise).sigmoid())
    assert (operations["generate"].takes, operations["generate"].shape) == ("noise", (5,))
    assert operations["decode"].takes == "codes"


def test_bottleneck_without_a_distribution_is_refused(networks):
    encoder, _, decoder = networks
    with pytest.raises(ValueError, match="Linear answers no distribution of codes; take a gauss"):
        Variational(encoder, nn.Linear(16, 5), decoder, MeanSquaredError())
