import io

import pytest
import torch
from torch import nn

from framework.layers import ConvTranspose2d

GEOMETRIES = [
    {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
    {"kernel_size": 4, "stride": 2, "padding": 1},
    {"kernel_size": 3},
    {"kernel_size": 1, "stride": 3},
    {"kernel_size": (2, 5), "stride": (3, 1), "padding": (0, 2), "output_padding": (2, 0)},
    {"kernel_size": (5, 3), "stride": (1, 2), "padding": (4, 1), "bias": False},
]
MANY = (192, 4, 6, 8)
"""Places enough for a matrix product."""


def make_pair(in_channels=4, out_channels=1, **geometry):
    torch.manual_seed(0)
    ours = ConvTranspose2d(in_channels, out_channels, **geometry)
    theirs = nn.ConvTranspose2d(in_channels, out_channels, **geometry)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def make_images(shape=MANY, **given):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), **given)


def is_product(answer):
    return answer.grad_fn.name().startswith("_ProductOfPatches")


def gradients(layer, images):
    images = images.clone().requires_grad_()
    answer = layer(images)
    return torch.autograd.grad(answer.square().sum(), [images, *layer.parameters()])


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("out_channels", [1, 3])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_answers_and_gradients_are_pytorchs(geometry, out_channels, memory_format):
    ours, theirs = (
        layer.to(memory_format=memory_format)
        for layer in make_pair(out_channels=out_channels, **geometry)
    )
    images = make_images().to(memory_format=memory_format)
    assert is_product(ours(images))
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)
    for one, other in zip(gradients(ours, images), gradients(theirs, images), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def penalty(layer, images):
    """The gradient of the length of a gradient, as in a penalty on gradients."""
    images = images.clone().requires_grad_()
    answer = torch.tanh(layer(images)).sum()
    (slope,) = torch.autograd.grad(answer, images, create_graph=True)
    return torch.autograd.grad(slope.square().sum(), layer.weight)[0]


def test_gradients_of_gradients_are_pytorchs():
    ours, theirs = make_pair(**GEOMETRIES[0])
    found, expected = penalty(ours, make_images()), penalty(theirs, make_images())
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_only_what_is_needed_gets_a_gradient():
    ours, _ = make_pair(**GEOMETRIES[0])
    ours.weight.requires_grad_(requires_grad=False)
    ours(make_images()).sum().backward()
    assert ours.weight.grad is None
    assert ours.bias.grad.item() == pytest.approx(192 * 12 * 16)


@pytest.mark.parametrize(
    ("shape", "layer"),
    [
        ((2, 4, 6, 8), {}),
        ((4, 6, 8), {}),
        (MANY, {"out_channels": 4}),
        (MANY, {"kernel_size": 8}),
        (MANY, {"out_channels": 2, "groups": 2}),
        (MANY, {"dilation": 2}),
        (MANY, {"dtype": torch.float64}),
    ],
    ids=str,
)
def test_everything_else_is_left_to_pytorch(shape, layer):
    ours, theirs = make_pair(**{"kernel_size": 3} | layer)
    images = make_images(shape, dtype=layer.get("dtype", torch.float32))
    answer = ours(images)
    assert not is_product(answer)
    assert torch.equal(answer, theirs(images))


def test_size_of_the_answer_can_be_asked_for():
    ours, theirs = make_pair(kernel_size=3, stride=2)
    answer = ours(make_images(), output_size=[14, 18])
    assert torch.equal(answer, theirs(make_images(), output_size=[14, 18]))


def test_other_precision_is_kept():
    ours, _ = make_pair(kernel_size=3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert ours(make_images()).dtype == torch.bfloat16


def test_images_that_do_not_fit_are_refused_in_pytorchs_words():
    ours, _ = make_pair(kernel_size=3)
    with pytest.raises(RuntimeError, match="to have 4 channels, but got 5 channels"):
        ours(make_images((192, 5, 6, 8)))


@pytest.mark.slow
def test_exported_program_knows_nothing_of_it():
    ours, theirs = make_pair(kernel_size=3)
    buffer = io.BytesIO()
    program = torch.export.export(ours, (make_images(),))
    torch.export.save(program, buffer)
    assert "conv_transpose2d" in str(program.graph)
    answer = torch.export.load(io.BytesIO(buffer.getvalue())).module()(make_images())
    torch.testing.assert_close(answer, theirs(make_images()))
