"""What takes the sharpness out of images; apart, because torchvision takes seconds to import."""

from math import ceil
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torchvision.transforms.v2.functional import gaussian_blur

from framework import DataInfo

_REACH = 3
"""Standard deviations beyond which the Gaussian window is cut off."""


class Blur(nn.Module):
    """Blurs images with a Gaussian window; they are mirrored at their borders.

    Args:
        data: what is known of the images.
        sigma: standard deviation of the window, in pixels.

    Raises:
        ValueError: the images are too small for the window.
    """

    def __init__(self, data: DataInfo, *, sigma: Annotated[float, Field(gt=0)] = 1.0) -> None:
        super().__init__()
        reach = ceil(_REACH * sigma)
        _, height, width = data.image_shape
        if reach >= min(height, width):
            raise ValueError(
                f"blur with sigma {sigma} looks {reach} pixels to each side, too far for images "
                f"of {height}x{width}; choose a smaller sigma"
            )
        self._low, self._high = data.value_range
        self._kernel_size = [2 * reach + 1] * 2
        self._sigma = [sigma] * 2

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The blurred images."""
        blurred: Tensor = gaussian_blur(images, self._kernel_size, self._sigma)
        return blurred.clamp(self._low, self._high)  # a window's sum is 1 but for rounding
