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
        self._low, self._high = data.value_range
        _, self._height, self._width = data.image_shape
        self.sigma = sigma

    @property
    def sigma(self) -> float:
        """Standard deviation of the window, in pixels.

        Raises (when set):
            ValueError: the images are too small for the window.
        """
        return self._sigma

    @sigma.setter
    def sigma(self, sigma: float) -> None:
        if _reach(sigma) >= min(self._height, self._width):
            raise ValueError(
                f"blur with sigma {sigma} looks {_reach(sigma)} pixels to each side, too far for "
                f"images of {self._height}x{self._width}; choose a smaller sigma"
            )
        self._sigma = sigma

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The blurred images."""
        kernel_size = [2 * _reach(self._sigma) + 1] * 2
        blurred: Tensor = gaussian_blur(images, kernel_size, [self._sigma] * 2)
        return blurred.clamp(self._low, self._high)  # a window's sum is 1 but for rounding


def _reach(sigma: float) -> int:
    """Number of pixels to each side that the window covers."""
    return ceil(_REACH * sigma)
