"""Images that could be of a data set: a Gaussian in its principal components."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from framework_figures.image_rows import fixed_noise


class LikelyImages:
    """Images that are as likely as a typical training image under a Gaussian fitted to these.

    An image is the mean plus a sum of principal components. Its code, the weight of each in
    standard deviations, is brought to the median length that codes of the images have. Any code
    gives an image, and images follow codes smoothly, so that codes can be optimised.

    Args:
        images: what the Gaussian is fitted to.
        value_range: what pixels are cut off at.
        num_components: number of principal components; fewer where there are fewer images or
            pixels.
    """

    def __init__(
        self,
        images: Float[Tensor, "batch channels height width"],
        value_range: tuple[float, float],
        *,
        num_components: int,
    ) -> None:
        self._shape, self._value_range = images.shape[1:], value_range
        pixels = images.flatten(1)
        self._mean = pixels.mean(0)
        self._num_components = min(num_components, *pixels.shape)
        with fixed_noise(images.device):  # the components are found by random projections
            codes, lengths, directions = torch.pca_lowrank(pixels, self._num_components, niter=4)
        scale = max(1, len(pixels) - 1) ** 0.5
        self._axes = (directions * lengths / scale).T
        self._length = (codes * scale).norm(dim=1).median()

    def draw_codes(self, num_codes: int) -> Float[Tensor, "batch latent"]:
        """Codes near the middle of the Gaussian, the same every time."""
        with fixed_noise(self._mean.device):
            size = (num_codes, self._num_components)
            return 0.1 * torch.randn(size, device=self._mean.device)

    def images(
        self, codes: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The images that codes stand for; only the direction of a code matters."""
        pixels = self._mean + self._length * normalize(codes, dim=1) @ self._axes
        return pixels.clamp(*self._value_range).unflatten(1, self._shape)
