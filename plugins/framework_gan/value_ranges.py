"""Between the data's value range and the range from -1 to 1, in which networks work best."""

from jaxtyping import Shaped
from torch import Tensor, nn


class Centred(nn.Module):
    """Moves images from the value range to -1 to 1.

    Args:
        value_range: smallest and largest value of a pixel.
    """

    def __init__(self, value_range: tuple[float, float]) -> None:
        super().__init__()
        self._middle, self._reach = _middle_and_reach(value_range)

    def forward(self, images: Shaped[Tensor, "*axes"]) -> Shaped[Tensor, "*axes"]:
        """The images around 0."""
        return (images - self._middle) / self._reach


class ScaledTanh(nn.Module):
    """The hyperbolic tangent, stretched from -1 to 1 to the value range.

    Args:
        value_range: smallest and largest value of a pixel.
    """

    def __init__(self, value_range: tuple[float, float]) -> None:
        super().__init__()
        self._middle, self._reach = _middle_and_reach(value_range)

    def forward(self, values: Shaped[Tensor, "*axes"]) -> Shaped[Tensor, "*axes"]:
        """Values in the value range."""
        return values.tanh() * self._reach + self._middle


def _middle_and_reach(value_range: tuple[float, float]) -> tuple[float, float]:
    low, high = value_range
    return (low + high) / 2, (high - low) / 2
