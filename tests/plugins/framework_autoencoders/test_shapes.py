import random
import re

import pytest
import torch
from tiers import scaled
from torch import nn

from framework import DataInfo, Infeasible
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.shapes import Convolution, chain_shapes, make_convolutions

pytestmark = pytest.mark.slow

NUM_STACKS = scaled(fast=200, default=1_000, push=10_000, nightly=100_000)


def random_stack(draw):
    num_layers = draw.randint(0, 4)
    return {
        "channels": tuple(draw.randint(1, 5) for _ in range(num_layers)),
        "kernel_sizes": tuple(draw.randint(1, 7) for _ in range(num_layers)),
        "strides": tuple(draw.randint(1, 4) for _ in range(num_layers)),
        "paddings": tuple(draw.randint(0, 4) for _ in range(num_layers)),
    }


def random_image_shape(draw):
    return draw.randint(1, 3), draw.randint(1, 32), draw.randint(1, 32)


def verdict_of_torch(image_shape, stack):
    """Every layer's output shape as torch finds it; one layer too few where torch refuses."""
    values = torch.zeros(2, *image_shape, dtype=torch.float64)
    shapes = [image_shape]
    for out_channels, *geometry in zip(*stack.values(), strict=True):
        layer = nn.Conv2d(values.shape[1], out_channels, *geometry, dtype=torch.float64)
        try:
            values = layer(values)
        except RuntimeError:
            break
        shapes.append(tuple(values.shape[1:]))
    return tuple(shapes)


@pytest.fixture(scope="module")
def verdicts():
    """Random stacks with what torch says of each."""
    draw = random.Random(0)  # noqa: S311
    stacks = [(random_image_shape(draw), random_stack(draw)) for _ in range(NUM_STACKS)]
    with torch.no_grad():
        return [(shape, stack, verdict_of_torch(shape, stack)) for shape, stack in stacks]


def is_feasible(stack, shapes):
    return len(shapes) == len(stack["channels"]) + 1


def test_verdict_on_every_random_stack_is_that_of_torch(verdicts):
    for image_shape, stack, shapes in verdicts:
        convolutions = make_convolutions(**stack)
        if is_feasible(stack, shapes):
            assert chain_shapes(image_shape, convolutions) == shapes
        else:
            with pytest.raises(Infeasible, match=rf"^conv layer {len(shapes)}: ") as caught:
                chain_shapes(image_shape, convolutions)
            assert isinstance(caught.value, ValueError)
    num_feasible = sum(is_feasible(stack, shapes) for _, stack, shapes in verdicts)
    assert 0.1 * NUM_STACKS < num_feasible < 0.9 * NUM_STACKS


def test_every_feasible_encoder_has_an_exact_mirror(verdicts):
    draw = random.Random(1)  # noqa: S311
    for image_shape, stack, shapes in verdicts:
        if not is_feasible(stack, shapes):
            continue
        data = DataInfo(image_shape=image_shape, num_train=1, num_test=1)
        hidden_dims = tuple(draw.randint(1, 6) for _ in range(draw.randint(0, 2)))
        encoder = ConvEncoder(data, **stack, hidden_dims=hidden_dims, latent_dim=3)
        decoder = MirroredDecoder(encoder)
        # in double precision: single goes through oneDNN, slow where every shape is new
        with torch.no_grad():
            images = torch.zeros(2, *image_shape, dtype=torch.float64)
            codes = encoder.double()(images)
            assert codes.shape == (2, 3)
            assert decoder.double()(codes).shape == images.shape, (image_shape, stack)


def test_infeasible_stack_is_told_with_the_table_of_all_layers():
    convolutions = make_convolutions(
        channels=(8, 16, 32, 64),
        kernel_sizes=(3, 3, 5, 1),
        strides=(2, 3, 1, 1),
        paddings=(1, 0, 0, 0),
    )
    with pytest.raises(Infeasible) as caught:
        chain_shapes((1, 20, 26), convolutions)
    verdict, header, *rows = str(caught.value).splitlines()
    assert verdict == "conv layer 3: input 3x4, kernel 5, stride 1, padding 0 gives -1x0"
    assert header.split() == ["layer", "kernel", "stride", "padding", "input", "output"]
    assert [row.split() for row in rows] == [
        ["1", "3", "2", "1", "1x20x26", "8x10x13"],
        ["2", "3", "3", "0", "8x10x13", "16x3x4"],
        ["3", "5", "1", "0", "16x3x4", "32x-1x0"],
        ["4", "1", "1", "0", "-", "-"],
    ]


def test_lists_of_different_lengths_are_refused_with_their_lengths():
    expected = "channels has 2, kernel_sizes has 3, strides has 3, paddings has 1"
    with pytest.raises(ValueError, match=re.escape(expected)) as caught:
        make_convolutions(
            channels=(8, 16), kernel_sizes=(3, 3, 3), strides=(2, 2, 2), paddings=(1,)
        )
    assert not isinstance(caught.value, Infeasible)


def test_output_padding_is_always_less_than_the_stride():
    for stride in range(1, 8):
        for size in range(3, 40):
            convolution = Convolution(num_channels=1, kernel_size=3, stride=stride, padding=2)
            assert all(0 <= rows < stride for rows in convolution.output_padding((1, size, 9)))
