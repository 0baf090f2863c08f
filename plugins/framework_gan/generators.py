"""Networks that turn noise into images."""

from itertools import pairwise
from math import prod
from typing import Annotated

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from framework import ConvTranspose2d, DataInfo
from framework_gan.class_labels import number_of_classes, with_classes
from framework_gan.initialization import draw_small_weights
from framework_gan.sizes import smallest_size
from framework_gan.value_ranges import ScaledTanh

AtLeastOne = Annotated[int, Field(ge=1)]


class MlpGenerator(nn.Module):
    """Linear layers from noise to an image in the data's value range.

    ReLU follows every layer but the last, and that a hyperbolic tangent, scaled to the value range.

    Source: I. Goodfellow and others, Generative Adversarial Nets, 2014; M. Mirza, S. Osindero,
    Conditional Generative Adversarial Nets, 2014, section 3.2, with the label beside the noise.

    Args:
        data: what is known of the images.
        latent_dim: number of values of noise.
        hidden_dims: number of neurons of each hidden layer.
        conditional: whether the class of the image to make is given beside the noise.

    Raises:
        ValueError: it is conditional, and the data have no labels.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        latent_dim: AtLeastOne = 100,
        hidden_dims: tuple[AtLeastOne, ...] = (784, 784),
        conditional: bool = False,
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.num_classes = number_of_classes(data, conditional=conditional)
        self.layers = nn.Sequential()
        widths = [latent_dim + self.num_classes, *hidden_dims]
        for number, (num_inputs, num_outputs) in enumerate(pairwise(widths), 1):
            self.layers.add_module(f"linear{number}", nn.Linear(num_inputs, num_outputs))
            self.layers.add_module(f"linear{number}_activation", nn.ReLU())
        self.layers.add_module("pixels", nn.Linear(widths[-1], data.num_features))
        self.layers.add_module("image", ScaledTanh(data.value_range))
        self.layers.add_module("unflatten", nn.Unflatten(1, data.image_shape))

    def forward(
        self, noise: Float[Tensor, "batch latent"], labels: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch channels height width"]:
        """The images that noise stands for, of the classes `labels` where it is conditional."""
        return self.layers(with_classes(noise, labels, self.num_classes))


class DcganGenerator(nn.Module):
    """A linear layer, then transposed convolutions that double the image, each time.

    Batch normalisation and ReLU follow every layer but the last, and that a hyperbolic tangent,
    scaled to the data's value range.

    Source: A. Radford, L. Metz, S. Chintala, Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks, 2016, section 3; fewer layers, as the images are
    smaller, and the label beside the noise where it is conditional.

    Args:
        data: what is known of the images.
        latent_dim: number of values of noise.
        channels: channels that enter each of the transposed convolutions; as many layers as values,
            and as often the sides of the images must be even.
        conditional: whether the class of the image to make is given beside the noise.

    Raises:
        ValueError: it is conditional, and the data have no labels.
        Infeasible: the images cannot be halved that often.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        latent_dim: AtLeastOne = 100,
        channels: Annotated[tuple[AtLeastOne, ...], Field(min_length=1)] = (128, 64),
        conditional: bool = False,
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.num_classes = number_of_classes(data, conditional=conditional)
        start = (channels[0], *smallest_size(data.image_shape, len(channels)))
        self.layers = nn.Sequential()
        inputs = latent_dim + self.num_classes
        self.layers.add_module("linear", nn.Linear(inputs, prod(start), bias=False))
        self.layers.add_module("unflatten", nn.Unflatten(1, start))
        for number, (given, made) in enumerate(pairwise([*channels, data.image_shape[0]]), 1):
            self.layers.add_module(f"batch_norm{number}", nn.BatchNorm2d(given))
            self.layers.add_module(f"batch_norm{number}_activation", nn.ReLU())
            doubling = ConvTranspose2d(
                given, made, kernel_size=4, stride=2, padding=1, bias=number == len(channels)
            )
            self.layers.add_module(f"conv_transpose{number}", doubling)
        self.layers.add_module("image", ScaledTanh(data.value_range))
        draw_small_weights(self.layers)

    def forward(
        self, noise: Float[Tensor, "batch latent"], labels: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch channels height width"]:
        """The images that noise stands for, of the classes `labels` where it is conditional."""
        return self.layers(with_classes(noise, labels, self.num_classes))
