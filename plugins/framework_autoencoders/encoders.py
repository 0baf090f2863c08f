"""Networks that turn images into latent codes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import DataInfo
from framework_autoencoders.initialization import InitializationName, draw_weights
from framework_autoencoders.shapes import Convolution, Shape, chain_shapes, make_convolutions
from framework_autoencoders.stacks import ActivationName, NamedLayer, make_stack

AtLeastOne = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
DropoutProbability = Annotated[float, Field(ge=0, lt=1)]


class ConvEncoder(nn.Module):
    """Convolutions, then linear layers, down to a latent code.

    An activation follows every layer but the last. Everything that a mirrored decoder needs is
    there to be read: the lists as given, `image_shape`, `latent_dim` and `activation`.

    Args:
        data: what is known of the images.
        channels: output channels of each convolution layer; as many layers as values.
        kernel_sizes: side of each layer's square kernel, in pixels.
        strides: step of each layer's kernel, in pixels.
        paddings: rows and columns of zeros around each layer's input, per side.
        hidden_dims: number of neurons of each hidden linear layer; may be empty.
        dropout: probability that an input of a hidden linear layer is set to zero in training.
        activation: name of the function between all layers.
        latent_dim: number of values in the latent code.
        initialization: how weights are drawn: `he` suits rectifiers, `torch` is PyTorch's own.

    Raises:
        ValueError: the lists of the convolution layers differ in length.
        Infeasible: a convolution's output would be empty; shows the shape after every layer.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        channels: tuple[AtLeastOne, ...] = (8, 16, 32),
        kernel_sizes: tuple[AtLeastOne, ...] = (3, 3, 3),
        strides: tuple[AtLeastOne, ...] = (2, 2, 2),
        paddings: tuple[NotNegative, ...] = (1, 1, 0),
        hidden_dims: tuple[AtLeastOne, ...] = (64,),
        dropout: DropoutProbability = 0.0,
        activation: ActivationName = "relu",
        latent_dim: AtLeastOne = 16,
        initialization: InitializationName = "he",
    ) -> None:
        super().__init__()
        self.image_shape = data.image_shape
        self.channels = channels
        self.kernel_sizes = kernel_sizes
        self.strides = strides
        self.paddings = paddings
        self.hidden_dims = hidden_dims
        self.activation = activation
        self.latent_dim = latent_dim
        convolutions = make_convolutions(
            channels=channels, kernel_sizes=kernel_sizes, strides=strides, paddings=paddings
        )
        shapes = chain_shapes(data.image_shape, convolutions)
        widths = [prod(shapes[-1]), *hidden_dims, latent_dim]
        layers = [
            *_convolution_layers(convolutions, shapes),
            ("flatten", nn.Flatten()),
            *_linear_layers(widths, dropout),
        ]
        self.layers = make_stack(layers, activation)
        draw_weights(self.layers, activation, initialization)

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch latent"]:
        """The latent codes of images."""
        return self.layers(images)


def _convolution_layers(
    convolutions: Sequence[Convolution], shapes: Sequence[Shape]
) -> Iterator[NamedLayer]:
    for number, (convolution, shape) in enumerate(zip(convolutions, shapes[:-1], strict=True), 1):
        yield (
            f"conv{number}",
            nn.Conv2d(
                in_channels=shape[0],
                out_channels=convolution.num_channels,
                kernel_size=convolution.kernel_size,
                stride=convolution.stride,
                padding=convolution.padding,
            ),
        )


def _linear_layers(widths: Sequence[int], dropout: float) -> Iterator[NamedLayer]:
    *hidden, latent = pairwise(widths)
    for number, (num_inputs, num_outputs) in enumerate(hidden, 1):
        if dropout > 0:
            yield f"linear{number}_dropout", nn.Dropout(dropout)
        yield f"linear{number}", nn.Linear(num_inputs, num_outputs)
    yield "latent", nn.Linear(*latent)
