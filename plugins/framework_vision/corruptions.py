"""What spoils images: noise and patches, drawn anew for every image from torch's own generator."""

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import DataInfo


class GaussianNoise(nn.Module):
    """Adds normal noise to every pixel and channel; what leaves the value range is cut off.

    Args:
        data: what is known of the images.
        std: standard deviation of the noise, as a share of the value range.
    """

    def __init__(self, data: DataInfo, *, std: Annotated[float, Field(ge=0)] = 0.2) -> None:
        super().__init__()
        self._low, self._high = data.value_range
        self._std = std

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The noisy images."""
        std = self._std * (self._high - self._low)
        return (images + std * torch.randn_like(images)).clamp(self._low, self._high)


class SaltAndPepper(nn.Module):
    """Makes pixels white or black, in all channels, either with the same probability.

    Args:
        data: what is known of the images.
        amount: probability that a pixel is hit.
    """

    def __init__(
        self, data: DataInfo, *, amount: Annotated[float, Field(ge=0, le=1)] = 0.1
    ) -> None:
        super().__init__()
        self._low, self._high = data.value_range
        self._amount = amount

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The images with grains."""
        draws = torch.rand_like(images[:, :1])
        peppered = images.masked_fill(draws < self._amount / 2, self._low)
        return peppered.masked_fill(draws >= 1 - self._amount / 2, self._high)


class Occlusion(nn.Module):
    """Blackens a square somewhere in each image.

    Args:
        data: what is known of the images.
        side_fraction: side of the square, as a share of the shorter side of the image.
    """

    def __init__(
        self, data: DataInfo, *, side_fraction: Annotated[float, Field(gt=0, le=1)] = 0.3
    ) -> None:
        super().__init__()
        _, height, width = data.image_shape
        self._low, _ = data.value_range
        self._shorter_side = min(height, width)
        self._side_fraction = side_fraction

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The images with their squares."""
        rows, columns = (self._covered(images, axis) for axis in (2, 3))
        return images.masked_fill(rows.unsqueeze(3) & columns.unsqueeze(2), self._low)

    def _covered(self, images: Tensor, axis: int) -> Tensor:
        """Which rows or columns of each image the square covers; (batch, 1, rows or columns)."""
        length = images.shape[axis]
        side = max(1, round(self._side_fraction * self._shorter_side))
        size = (len(images), 1, 1)
        starts = torch.randint(length - side + 1, size, device=images.device)
        places = torch.arange(length, device=images.device)
        return (starts <= places) & (places < starts + side)
