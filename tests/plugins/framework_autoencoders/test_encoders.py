import pytest
import torch
from torch import nn

from framework import DataInfo, Infeasible
from framework_autoencoders.encoders import ConvEncoder

DIGITS = DataInfo(image_shape=(1, 28, 28), num_train=10, num_test=10)
COLOURS = DataInfo(image_shape=(3, 13, 22), num_train=10, num_test=10)


def images(data, count=4):
    return torch.rand(count, *data.image_shape, generator=torch.Generator().manual_seed(0))


def names_of(module):
    return [name for name, _ in module.layers.named_children()]


def test_layers_are_named_and_ordered():
    encoder = ConvEncoder(
        DIGITS,
        channels=(4, 6),
        kernel_sizes=(3, 3),
        strides=(2, 2),
        paddings=(1, 1),
        hidden_dims=(9, 7),
        dropout=0.25,
        latent_dim=2,
    )
    assert names_of(encoder) == [
        "conv1",
        "conv1_activation",
        "conv2",
        "conv2_activation",
        "flatten",
        "linear1_dropout",
        "linear1",
        "linear1_activation",
        "linear2_dropout",
        "linear2",
        "linear2_activation",
        "latent",
    ]
    assert encoder.layers.linear1_dropout.p == 0.25


def test_network_of_the_first_source_document():
    encoder = ConvEncoder(DIGITS, hidden_dims=(128, 16), latent_dim=4)
    assert [tuple(weights.shape) for weights in encoder.parameters() if weights.dim() > 1] == [
        (8, 1, 3, 3),
        (16, 8, 3, 3),
        (32, 16, 3, 3),
        (128, 288),
        (16, 128),
        (4, 16),
    ]
    assert encoder(images(DIGITS)).shape == (4, 4)


def test_best_network_of_the_first_source_document():
    encoder = ConvEncoder(
        DIGITS,
        channels=(6, 12, 17),
        kernel_sizes=(2, 2, 3),
        strides=(1, 1, 3),
        paddings=(1, 0, 1),
        hidden_dims=(57,),
        dropout=0.1905,
        latent_dim=6,
    )
    assert encoder.layers.linear1.in_features == 17 * 10 * 10
    assert encoder(images(DIGITS)).shape == (4, 6)


def test_without_dropout_or_hidden_layers_there_are_none():
    encoder = ConvEncoder(COLOURS, hidden_dims=(), latent_dim=5)
    assert names_of(encoder)[-2:] == ["flatten", "latent"]
    assert not any(isinstance(layer, nn.Dropout) for layer in encoder.modules())
    assert encoder(images(COLOURS)).shape == (4, 5)


def test_dropout_acts_in_training_only():
    encoder = ConvEncoder(DIGITS, dropout=0.5)
    assert not torch.equal(encoder(images(DIGITS)), encoder(images(DIGITS)))
    encoder.eval()
    assert torch.equal(encoder(images(DIGITS)), encoder(images(DIGITS)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("relu", nn.ReLU),
        ("gelu", nn.GELU),
        ("leaky_relu", nn.LeakyReLU),
        ("elu", nn.ELU),
        ("silu", nn.SiLU),
        ("tanh", nn.Tanh),
    ],
)
def test_activation_stands_between_all_layers(name, kind):
    encoder = ConvEncoder(DIGITS, activation=name)
    assert sum(isinstance(layer, kind) for layer in encoder.modules()) == 4
    assert not isinstance(encoder.layers[-1], kind)


def test_same_seed_gives_the_same_weights():
    first, second, third = (
        (torch.manual_seed(seed), ConvEncoder(COLOURS).state_dict())[1] for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not any(torch.equal(first[n], third[n]) for n in first if n.endswith("weight"))


def test_channels_last_gives_the_same_codes():
    encoder = ConvEncoder(COLOURS)
    expected = encoder(images(COLOURS))
    encoder.to(memory_format=torch.channels_last)
    strided = images(COLOURS).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(encoder(strided), expected, atol=1e-6, rtol=1e-5)


def test_infeasible_encoder_is_refused_before_any_layer_is_built():
    with pytest.raises(
        Infeasible, match=r"^conv layer 3: input 4x4, kernel 5, stride 1, padding 0"
    ):
        ConvEncoder(DIGITS, kernel_sizes=(3, 3, 5), strides=(3, 3, 1), channels=(1, 1, 10**12))
