"""Spaces of encoders to search in."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from framework import Choose, SearchSpace


def _in_order(ends: tuple[int, int]) -> tuple[int, int]:
    for low, high in pairwise(ends):
        if low > high:
            raise ValueError(f"expected the smaller number first, found {[low, high]}")
    return ends


AtLeastOne = Annotated[int, Field(ge=1)]
Counts = Annotated[tuple[AtLeastOne, AtLeastOne], AfterValidator(_in_order)]
Ends = Annotated[
    tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]], AfterValidator(_in_order)
]
Dropout = Annotated[float, Field(ge=0, lt=1)]


class SymmetricConvSpace(SearchSpace):
    """Convolutional encoders from wide and flat to deep, to be mirrored by a decoder.

    Draws all that a `conv_encoder` is made of: the number of convolutions and, for each, channels,
    kernel, stride and padding; the number of hidden linear layers and their neurons; dropout; the
    latent dimension. Layer *j* of the convolutions, from 1, has up to `min_channels` * 2^j
    channels, so that deeper layers may be wider; hidden layer *j* up to `max_neurons` / 2^j
    neurons. A padding is drawn as a fraction of what the kernel allows, and layers beyond the
    number of layers are drawn and left out, so that every trial draws the same dimensions.

    Source: Alessandro Lovo, "NNDL: Homework 2, Unsupervised Deep Learning", 2021, section 2.2.

    Args:
        num_conv: fewest and most convolutions.
        min_channels: fewest channels of any convolution.
        kernel_sizes: smallest and largest side of a kernel, in pixels; paddings go up to half of
            the kernel that was drawn.
        strides: smallest and largest step of a kernel, in pixels.
        num_hidden: fewest and most hidden linear layers.
        min_neurons: fewest neurons of any hidden layer.
        max_neurons: most neurons of a hidden layer 0, which there is none of; halved per layer.
        max_dropout: largest probability of dropout; 0 draws none.
        latent_dims: fewest and most values in the latent code.

    Raises:
        ValueError: the last hidden layer could not have as many as `min_neurons`.
    """

    def __init__(
        self,
        *,
        num_conv: Counts = (2, 4),
        min_channels: AtLeastOne = 4,
        kernel_sizes: Counts = (2, 6),
        strides: Counts = (1, 4),
        num_hidden: Ends = (1, 3),
        min_neurons: AtLeastOne = 8,
        max_neurons: AtLeastOne = 512,
        max_dropout: Dropout = 0.7,
        latent_dims: Counts = (1, 16),
    ) -> None:
        self._num_conv, self._num_hidden = num_conv, num_hidden
        self._min_channels, self._kernel_sizes, self._strides = min_channels, kernel_sizes, strides
        self._min_neurons, self._max_neurons = min_neurons, max_neurons
        self._max_dropout, self._latent_dims = max_dropout, latent_dims
        if num_hidden[1] and max_neurons // 2 ** num_hidden[1] < min_neurons:
            most = max_neurons // 2 ** num_hidden[1]
            message = f"hidden layer {num_hidden[1]} could have {most} neurons at most"
            raise ValueError(f"{message}, fewer than min_neurons, which is {min_neurons}")

    def draw(self, choose: Choose) -> Mapping[str, Any]:
        """An encoder's layers, dropout and latent dimension."""
        num_conv = choose.integer("num_conv", *self._num_conv)
        layers = [self._convolution(choose, number) for number in _numbers(self._num_conv)]
        num_hidden = choose.integer("num_hidden", *self._num_hidden)
        neurons = [
            choose.integer(f"neurons{n}", self._min_neurons, self._max_neurons // 2**n)
            for n in _numbers(self._num_hidden)
        ]
        dropout = choose.number("dropout", 0.0, self._max_dropout) if self._max_dropout else 0.0
        names = ("channels", "kernel_sizes", "strides", "paddings")
        lists = zip(*layers[:num_conv], strict=True)
        return dict(zip(names, map(list, lists), strict=True)) | {
            "hidden_dims": neurons[:num_hidden],
            "dropout": dropout,
            "latent_dim": choose.integer("latent_dim", *self._latent_dims),
        }

    def _convolution(self, choose: Choose, number: int) -> tuple[int, int, int, int]:
        """Channels, kernel, stride and padding of one layer."""
        most = self._min_channels * 2**number
        channels = choose.integer(f"channels{number}", self._min_channels, most)
        kernel = choose.integer(f"kernel_size{number}", *self._kernel_sizes)
        stride = choose.integer(f"stride{number}", *self._strides)
        fraction = choose.number(f"padding_fraction{number}", 0.0, 1.0)
        num_paddings = kernel // 2 + 1
        return channels, kernel, stride, min(int(fraction * num_paddings), num_paddings - 1)


def _numbers(ends: tuple[int, int]) -> range:
    """The layers that there may be, from 1."""
    return range(1, ends[1] + 1)
