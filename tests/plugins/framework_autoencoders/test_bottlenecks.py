import pytest
import torch
from torch import nn

from framework import DataInfo
from framework_autoencoders.bottlenecks import GaussianBottleneck
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder

DATA = DataInfo(image_shape=(2, 9, 12), num_train=10, num_test=10)


def make_encoder(**parameters):
    torch.manual_seed(0)
    return ConvEncoder(DATA, hidden_dims=(20,), latent_dim=12, activation="tanh", **parameters)


def make_features(num=5):
    return torch.randn(num, 12, generator=torch.Generator().manual_seed(1))


def test_moments_are_halves_of_a_layer_behind_the_encoders_activation():
    bottleneck = GaussianBottleneck(make_encoder(), latent_dim=3)
    features = make_features()
    mean, log_variance = bottleneck.moments(features)
    expected = bottleneck.layers.moments(features.tanh())
    assert mean.shape == log_variance.shape == (5, 3)
    assert torch.equal(torch.cat([mean, log_variance], dim=1), expected)


def test_codes_are_the_means_without_noise_in_training_too():
    bottleneck = GaussianBottleneck(make_encoder(), latent_dim=3).train()
    features = make_features()
    assert torch.equal(bottleneck(features), bottleneck.moments(features)[0])


def test_encoder_and_bottleneck_are_mirrored_as_one():
    bottleneck = GaussianBottleneck(make_encoder(), latent_dim=3)
    decoder = MirroredDecoder(bottleneck)
    linear = [layer for layer in decoder.layers if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in linear] == [3, 12, 20]
    assert isinstance(decoder.layers.linear1_activation, nn.Tanh)
    assert decoder(bottleneck(make_features())).shape == (5, 2, 9, 12)


def test_weights_are_drawn_as_asked():
    bounds = {}
    for initialization in ("he", "torch"):
        torch.manual_seed(0)
        layer = GaussianBottleneck(make_encoder(), initialization=initialization).layers.moments
        bounds[initialization] = layer.weight.abs().max().item() * 12**0.5
        assert layer.bias.any() == (initialization == "torch")
    assert bounds["he"] == pytest.approx(3**0.5, abs=0.05)
    assert bounds["torch"] == pytest.approx(1, abs=0.05)


def test_encoder_that_cannot_be_mirrored_is_refused():
    with pytest.raises(ValueError, match="Linear cannot be mirrored"):
        GaussianBottleneck(nn.Linear(2, 2))
