"""Which images can be halved as often as a stack of convolutions asks for."""

from framework import Infeasible


def smallest_size(image_shape: tuple[int, int, int], num_halvings: int) -> tuple[int, int]:
    """Height and width after so many halvings.

    Raises:
        Infeasible: a halving meets an odd number of pixels; names the layer and its input.
    """
    _, height, width = image_shape
    for number in range(1, num_halvings + 1):
        if height % 2 or width % 2:
            raise Infeasible(
                f"conv{number} would halve {height}x{width} pixels; images of "
                f"{image_shape[1]}x{image_shape[2]} can be halved {number - 1} times, and there "
                f"are {num_halvings} layers in `channels`"
            )
        height, width = height // 2, width // 2
    return height, width
