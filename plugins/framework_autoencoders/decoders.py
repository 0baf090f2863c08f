"""Networks that turn latent codes back into images."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod

from jaxtyping import Float
from torch import Tensor, nn

from framework import ConvTranspose2d
from framework_autoencoders.encoders import DropoutProbability
from framework_autoencoders.initialization import InitializationName, draw_weights
from framework_autoencoders.mirroring import mirrorable
from framework_autoencoders.shapes import Convolution, Shape, chain_shapes, make_convolutions
from framework_autoencoders.stacks import ActivationName, NamedLayer, make_stack


class MirroredDecoder(nn.Module):
    """The mirror of a convolutional encoder: its layers backwards, convolutions transposed.

    Output paddings are computed, so every encoder has a mirror that answers its image shape. The
    output are logits; their sigmoid is the image.

    Args:
        encoder: the built network to mirror.
        activation: name of the function between all layers; the encoder's where none is named.
        dropout: probability that an input of a linear layer is set to zero in training; the
            latent code itself always passes.
        initialization: how weights are drawn: `he` suits rectifiers, `torch` is PyTorch's own.

    Raises:
        ValueError: the encoder does not state what a mirror needs.
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        activation: ActivationName | None = None,
        dropout: DropoutProbability = 0.0,
        initialization: InitializationName = "he",
    ) -> None:
        super().__init__()
        original = mirrorable(encoder)
        convolutions = make_convolutions(
            channels=original.channels,
            kernel_sizes=original.kernel_sizes,
            strides=original.strides,
            paddings=original.paddings,
        )
        shapes = chain_shapes(original.image_shape, convolutions)
        widths = [original.latent_dim, *reversed(original.hidden_dims), prod(shapes[-1])]
        layers = [
            *_linear_layers(widths, dropout),
            ("unflatten", nn.Unflatten(1, shapes[-1])),
            *_transposed_layers(convolutions, shapes),
        ]
        activation = activation or original.activation
        self.layers = make_stack(layers, activation)
        draw_weights(self.layers, activation, initialization)

    def forward(
        self, codes: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The logits of the images that latent codes stand for."""
        return self.layers(codes)


def _linear_layers(widths: Sequence[int], dropout: float) -> Iterator[NamedLayer]:
    for number, (num_inputs, num_outputs) in enumerate(pairwise(widths), 1):
        if dropout > 0 and number > 1:
            yield f"linear{number}_dropout", nn.Dropout(dropout)
        yield f"linear{number}", nn.Linear(num_inputs, num_outputs)


def _transposed_layers(
    convolutions: Sequence[Convolution], shapes: Sequence[Shape]
) -> Iterator[NamedLayer]:
    steps = zip(convolutions, pairwise(shapes), strict=True)
    for number, (convolution, (mirrored, given)) in enumerate(reversed(list(steps)), 1):
        yield (
            f"conv_transpose{number}",
            ConvTranspose2d(
                in_channels=given[0],
                out_channels=mirrored[0],
                kernel_size=convolution.kernel_size,
                stride=convolution.stride,
                padding=convolution.padding,
                output_padding=convolution.output_padding(mirrored),
            ),
        )
