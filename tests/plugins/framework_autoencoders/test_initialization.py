"""Signals keep their size on their way through freshly drawn layers."""

import pytest
import torch

from framework import DataInfo
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder

DATA = DataInfo(image_shape=(1, 28, 28), num_train=1, num_test=1)


def _size_of_codes(initialization):
    torch.manual_seed(0)
    encoder = ConvEncoder(
        DATA,
        channels=(32, 32, 32),
        hidden_dims=(256, 256, 256),
        latent_dim=64,
        initialization=initialization,
    )
    return encoder(torch.randn(64, 1, 28, 28)).square().mean().sqrt().item()


def test_he_keeps_the_size_of_signals_where_torch_loses_it():
    assert 0.3 < _size_of_codes("he") < 3
    assert _size_of_codes("torch") < 0.1


def test_he_keeps_the_size_of_signals_through_a_mirrored_decoder():
    torch.manual_seed(0)
    encoder = ConvEncoder(DATA, channels=(32, 32, 32), hidden_dims=(256,), latent_dim=64)
    logits = MirroredDecoder(encoder)(torch.randn(64, 64))
    assert 0.3 < logits.square().mean().sqrt().item() < 3


def test_he_starts_biases_at_zero():
    encoder = ConvEncoder(DATA)
    biases = [value for name, value in encoder.named_parameters() if name.endswith("bias")]
    assert len(biases) == 5
    assert all(bias.eq(0).all() for bias in biases)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_he_bounds_weights_by_the_number_of_inputs(activation):
    encoder = ConvEncoder(DATA, activation=activation)
    gain = 5 / 3 if activation == "tanh" else 2**0.5
    bound = gain * (3 / (16 * 9)) ** 0.5
    largest = encoder.layers.conv3.weight.abs().max().item()
    assert 0.9 * bound < largest <= bound
