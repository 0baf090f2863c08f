"""Networks that tell real images from generated ones."""

from itertools import pairwise
from math import prod
from typing import Annotated, Literal

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from framework import DataInfo
from framework_gan.class_labels import number_of_classes, with_classes
from framework_gan.initialization import draw_small_weights
from framework_gan.sizes import smallest_size
from framework_gan.value_ranges import Centred

AtLeastOne = Annotated[int, Field(ge=1)]
Slope = Annotated[float, Field(ge=0, lt=1)]


class MlpDiscriminator(nn.Module):
    """Linear layers from an image to the logit of its being real, LeakyReLU between them.

    Source: I. Goodfellow and others, Generative Adversarial Nets, 2014; M. Mirza, S. Osindero,
    Conditional Generative Adversarial Nets, 2014, section 3.2, with the label beside the pixels.

    Args:
        data: what is known of the images.
        hidden_dims: number of neurons of each hidden layer.
        negative_slope: slope of the activations below 0.
        conditional: whether the class that the image shall have is given beside it.

    Raises:
        ValueError: it is conditional, and the data have no labels.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        hidden_dims: tuple[AtLeastOne, ...] = (784, 784),
        negative_slope: Slope = 0.2,
        conditional: bool = False,
    ) -> None:
        super().__init__()
        self.num_classes = number_of_classes(data, conditional=conditional)
        self.centred = Centred(data.value_range)
        self.layers = nn.Sequential()
        widths = [data.num_features + self.num_classes, *hidden_dims]
        for number, (num_inputs, num_outputs) in enumerate(pairwise(widths), 1):
            self.layers.add_module(f"linear{number}", nn.Linear(num_inputs, num_outputs))
            self.layers.add_module(f"linear{number}_activation", nn.LeakyReLU(negative_slope))
        self.layers.add_module("logit", nn.Linear(widths[-1], 1))

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        labels: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, " batch"]:
        """The logits of images, with the classes `labels` where it is conditional."""
        pixels = self.centred(images.flatten(1))
        return self.layers(with_classes(pixels, labels, self.num_classes)).squeeze(1)


class DcganDiscriminator(nn.Module):
    """Convolutions that halve the image, each time, then a linear layer to the logit.

    LeakyReLU follows every convolution, batch normalisation every one but the first.

    Source: A. Radford, L. Metz, S. Chintala, Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks, 2016, section 3; fewer layers, as the images are
    smaller, and a plane per class beside the image's where it is conditional.

    Args:
        data: what is known of the images.
        channels: output channels of each convolution; as many layers as values, and as often the
            sides of the images must be even.
        normalization: `none` for objectives that judge every image for itself, such as
            `wasserstein_gradient_penalty`.
        negative_slope: slope of the activations below 0.
        conditional: whether the class that the image shall have is given beside it.

    Raises:
        ValueError: it is conditional, and the data have no labels.
        Infeasible: the images cannot be halved that often.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        channels: Annotated[tuple[AtLeastOne, ...], Field(min_length=1)] = (64, 128),
        normalization: Literal["batch", "none"] = "batch",
        negative_slope: Slope = 0.2,
        conditional: bool = False,
    ) -> None:
        super().__init__()
        self.num_classes = number_of_classes(data, conditional=conditional)
        self.centred = Centred(data.value_range)
        end = (channels[-1], *smallest_size(data.image_shape, len(channels)))
        inputs = data.image_shape[0] + self.num_classes
        self.layers = nn.Sequential()
        for number, (given, made) in enumerate(pairwise([inputs, *channels]), 1):
            has_norm = normalization == "batch" and number > 1
            self.layers.add_module(f"conv{number}", _halving(given, made, bias=not has_norm))
            if has_norm:
                self.layers.add_module(f"conv{number}_norm", nn.BatchNorm2d(made))
            self.layers.add_module(f"conv{number}_activation", nn.LeakyReLU(negative_slope))
        self.layers.add_module("flatten", nn.Flatten())
        self.layers.add_module("logit", nn.Linear(prod(end), 1))
        draw_small_weights(self.layers)

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        labels: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, " batch"]:
        """The logits of images, with the classes `labels` where it is conditional."""
        planes = with_classes(self.centred(images), labels, self.num_classes)
        return self.layers(planes).squeeze(1)


def _halving(given: int, made: int, *, bias: bool) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel_size=4, stride=2, padding=1, bias=bias)
