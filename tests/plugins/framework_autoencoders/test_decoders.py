import pytest
import torch
from torch import nn

from framework import DataInfo
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder

DIGITS = DataInfo(image_shape=(1, 28, 28), num_train=10, num_test=10)
COLOURS = DataInfo(image_shape=(3, 13, 22), num_train=10, num_test=10)


def names_of(module):
    return [name for name, _ in module.layers.named_children()]


def test_layers_are_the_encoders_backwards():
    encoder = ConvEncoder(DIGITS, hidden_dims=(128, 16), latent_dim=4)
    decoder = MirroredDecoder(encoder)
    assert names_of(decoder) == [
        "linear1",
        "linear1_activation",
        "linear2",
        "linear2_activation",
        "linear3",
        "linear3_activation",
        "unflatten",
        "conv_transpose1",
        "conv_transpose1_activation",
        "conv_transpose2",
        "conv_transpose2_activation",
        "conv_transpose3",
    ]
    weights = [tuple(weight.shape) for weight in decoder.parameters() if weight.dim() > 1]
    assert weights == [
        (16, 4),
        (128, 16),
        (288, 128),
        (32, 16, 3, 3),
        (16, 8, 3, 3),
        (8, 1, 3, 3),
    ]
    assert [
        layer.output_padding for layer in decoder.layers if isinstance(layer, nn.ConvTranspose2d)
    ] == [
        (0, 0),
        (1, 1),
        (1, 1),
    ]


@pytest.mark.parametrize("data", [DIGITS, COLOURS])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    "stack",
    [
        {},
        {"hidden_dims": ()},
        {"channels": (), "kernel_sizes": (), "strides": (), "paddings": ()},
        {"channels": (4, 5), "kernel_sizes": (1, 2), "strides": (4, 3), "paddings": (4, 3)},
        {"channels": (4,), "kernel_sizes": (7,), "strides": (4,), "paddings": (0,)},
    ],
)
def test_mirror_answers_finite_logits_of_the_image_shape(data, memory_format, stack):
    encoder = ConvEncoder(data, **stack).to(memory_format=memory_format)
    decoder = MirroredDecoder(encoder).to(memory_format=memory_format)
    images = torch.rand(5, *data.image_shape).contiguous(memory_format=memory_format)
    logits = decoder(encoder(images))
    assert logits.shape == images.shape
    assert logits.isfinite().all()


def test_no_activation_follows_the_last_layer():
    for stack in ({}, {"channels": (), "kernel_sizes": (), "strides": (), "paddings": ()}):
        decoder = MirroredDecoder(ConvEncoder(DIGITS, **stack))
        assert not isinstance(decoder.layers[-1], nn.ReLU)
        assert sum(isinstance(layer, nn.ReLU) for layer in decoder.layers) == 1 + 3 * (not stack)


def test_every_parameter_of_both_networks_has_a_gradient():
    torch.manual_seed(0)
    encoder = ConvEncoder(COLOURS, activation="gelu", dropout=0.1)
    decoder = MirroredDecoder(encoder, dropout=0.1)
    decoder(encoder(torch.rand(8, *COLOURS.image_shape))).square().mean().backward()
    for network in (encoder, decoder):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_activation_is_the_encoders_unless_named():
    encoder = ConvEncoder(DIGITS, activation="tanh")
    assert isinstance(MirroredDecoder(encoder).layers.linear1_activation, nn.Tanh)
    named = MirroredDecoder(encoder, activation="silu")
    assert isinstance(named.layers.linear1_activation, nn.SiLU)


def test_dropout_is_off_by_default_and_never_on_the_code():
    encoder = ConvEncoder(DIGITS, hidden_dims=(9, 7), dropout=0.5)
    assert not any(isinstance(layer, nn.Dropout) for layer in MirroredDecoder(encoder).layers)
    names = names_of(MirroredDecoder(encoder, dropout=0.5))
    assert [name for name in names if "dropout" in name] == ["linear2_dropout", "linear3_dropout"]
    assert names[0] == "linear1"


def test_encoder_that_does_not_state_its_layers_is_refused_by_name():
    class Foreign(nn.Module):
        latent_dim = 3

    with pytest.raises(ValueError, match="Foreign cannot be mirrored") as caught:
        MirroredDecoder(Foreign())
    assert "image_shape, channels, kernel_sizes" in str(caught.value)
    assert "latent_dim" not in str(caught.value)


def test_foreign_encoder_that_states_its_layers_is_mirrored():
    class Foreign(nn.Module):
        image_shape = (1, 9, 9)
        channels, kernel_sizes, strides, paddings = (2,), (3,), (2,), (0,)
        hidden_dims, latent_dim, activation = (), 3, "elu"

    assert MirroredDecoder(Foreign())(torch.rand(2, 3)).shape == (2, 1, 9, 9)


def test_same_seed_gives_the_same_weights():
    encoder = ConvEncoder(DIGITS)
    first, second = (
        (torch.manual_seed(0), MirroredDecoder(encoder).state_dict())[1] for _ in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
