import pytest
import torch
from torch import nn

from framework import SINGLE_OPTIMIZER, Batch, DataInfo
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.losses import BinaryCrossEntropy, MeanSquaredError
from framework_autoencoders.quantisers import VectorQuantiser
from framework_autoencoders.vector_quantised import VectorQuantised, usage_of

DATA = DataInfo(image_shape=(2, 9, 12), num_train=10, num_test=10)


@pytest.fixture
def networks():
    torch.manual_seed(0)
    encoder = ConvEncoder(DATA)
    quantiser = VectorQuantiser(encoder, num_groups=4, num_codes=8)
    return encoder, quantiser, MirroredDecoder(encoder)


@pytest.fixture
def batch():
    images = torch.rand(6, *DATA.image_shape, generator=torch.Generator().manual_seed(0))
    return Batch(images, None, torch.arange(6))


@pytest.mark.parametrize("loss", [MeanSquaredError(), BinaryCrossEntropy()])
def test_loss_is_that_of_quantised_codes_and_their_distance(networks, batch, loss):
    encoder, quantiser, decoder = networks
    codes = encoder(batch.images)
    quantised = quantiser(codes)
    reconstruction = loss(decoder(quantised), batch.images)
    commitment = (codes - quantised.detach()).square().mean()
    task = VectorQuantised(*networks, loss, commitment=0.7)
    name, found = next(task.losses(batch))
    assert name == SINGLE_OPTIMIZER
    torch.testing.assert_close(found, reconstruction + 0.7 * commitment)
    terms = task.terms()
    assert list(terms) == ["reconstruction", "commitment", "perplexity", "used_codes_fraction"]
    torch.testing.assert_close(terms["reconstruction"], reconstruction.detach())
    torch.testing.assert_close(terms["commitment"], commitment.detach())
    assert not any(term.requires_grad for term in terms.values())


def test_encoder_gets_the_decoders_gradient_and_that_of_the_commitment(networks, batch):
    encoder, quantiser, decoder = networks
    codes = encoder(batch.images)
    quantised = quantiser(codes).detach().requires_grad_()
    MeanSquaredError()(decoder(quantised), batch.images).backward()
    distance = 2 * (codes.detach() - quantised.detach()) / codes.numel()
    codes.backward(quantised.grad + 0.25 * distance)
    expected = [weights.grad.clone() for weights in encoder.parameters()]
    encoder.zero_grad()
    decoder.zero_grad()
    next(VectorQuantised(*networks, MeanSquaredError()).losses(batch))[1].backward()
    for weights, gradient in zip(encoder.parameters(), expected, strict=True):
        torch.testing.assert_close(weights.grad, gradient)


def test_codebooks_follow_after_the_step_and_in_training_only(networks, batch):
    _, quantiser, _ = networks
    task, before = VectorQuantised(*networks, MeanSquaredError()), quantiser.codebooks.clone()
    losses = task.losses(batch)
    next(losses)
    assert torch.equal(quantiser.codebooks, before)
    assert list(losses) == []
    assert not torch.equal(quantiser.codebooks, before)
    after = quantiser.codebooks.clone()
    quantiser.eval()
    list(task.losses(batch))
    assert torch.equal(quantiser.codebooks, after)


def test_codes_that_are_encoded_or_decoded_are_quantised(networks, batch):
    encoder, quantiser, decoder = networks
    operations = VectorQuantised(*networks, MeanSquaredError()).operations()
    assert list(operations) == ["encode", "decode", "reconstruct"]
    codes = encoder(batch.images)
    assert torch.equal(operations["encode"](batch.images), quantiser(codes))
    assert torch.equal(operations["decode"](codes), decoder(quantiser(codes)).sigmoid())


def test_usage_of_even_choices_is_full_and_of_one_choice_least():
    even = torch.arange(8).repeat(2).unsqueeze(1)
    perplexity, used = usage_of(even, 8)
    assert perplexity == pytest.approx(8)
    assert used == 1
    perplexity, used = usage_of(torch.zeros(16, 1, dtype=torch.int64), 8)
    assert perplexity == 1
    assert used == pytest.approx(1 / 8)


def test_usage_is_the_mean_over_groups():
    chosen = torch.stack([torch.arange(8), torch.zeros(8, dtype=torch.int64)], dim=1)
    perplexity, used = usage_of(chosen, 8)
    assert perplexity == pytest.approx((8 + 1) / 2)
    assert used == pytest.approx((1 + 1 / 8) / 2)


def test_quantiser_without_codebooks_is_refused(networks):
    encoder, _, decoder = networks
    with pytest.raises(ValueError, match="Identity has no codebooks; take a vector_quantiser"):
        VectorQuantised(encoder, nn.Identity(), decoder, MeanSquaredError())
