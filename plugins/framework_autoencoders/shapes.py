"""Convolution arithmetic: the shape after every layer, and the layer at which a stack fails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from framework import Infeasible

Shape = tuple[int, int, int]
"""(channels, height, width)."""


@dataclass(frozen=True)
class Convolution:
    """One convolution layer: square kernel, the same stride and padding on both axes."""

    num_channels: int
    kernel_size: int
    stride: int
    padding: int

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape that the arithmetic gives; no layer can have it where a side is below 1."""
        _, height, width = input_shape
        return self.num_channels, self._output_size(height), self._output_size(width)

    def output_padding(self, input_shape: Shape) -> tuple[int, int]:
        """What the mirrored layer must add to (height, width) to reach `input_shape` again.

        That many rows and columns, always fewer than the stride, are out of the kernel's reach.
        """
        _, height, width = input_shape
        return self._slack(height) % self.stride, self._slack(width) % self.stride

    def _output_size(self, size: int) -> int:
        return self._slack(size) // self.stride + 1

    def _slack(self, size: int) -> int:
        return size + 2 * self.padding - self.kernel_size


def make_convolutions(
    *,
    channels: Sequence[int],
    kernel_sizes: Sequence[int],
    strides: Sequence[int],
    paddings: Sequence[int],
) -> tuple[Convolution, ...]:
    """Make one layer of each value's place in the four lists.

    Raises:
        ValueError: the lists differ in length.
    """
    lengths = {
        "channels": len(channels),
        "kernel_sizes": len(kernel_sizes),
        "strides": len(strides),
        "paddings": len(paddings),
    }
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"each convolution layer needs one value in every list, but {found}")
    return tuple(map(Convolution, channels, kernel_sizes, strides, paddings))


def chain_shapes(image_shape: Shape, convolutions: Sequence[Convolution]) -> tuple[Shape, ...]:
    """The shape of the image, then of each layer's output.

    Raises:
        Infeasible: a layer's output would be empty; names the first such layer and shows all.
    """
    shapes = [image_shape]
    for convolution in convolutions:
        shapes.append(convolution.output_shape(shapes[-1]))
        if min(shapes[-1]) < 1:
            raise Infeasible(_explanation(convolutions, shapes))
    return tuple(shapes)


def _explanation(convolutions: Sequence[Convolution], shapes: Sequence[Shape]) -> str:
    layer = len(shapes) - 1
    failed = convolutions[layer - 1]
    sizes = [f"{height}x{width}" for _, height, width in shapes]
    verdict = (
        f"conv layer {layer}: input {sizes[-2]}, kernel {failed.kernel_size}, "
        f"stride {failed.stride}, padding {failed.padding} gives {sizes[-1]}"
    )
    return "\n".join([verdict, *_table(convolutions, shapes)])


def _table(convolutions: Sequence[Convolution], shapes: Sequence[Shape]) -> Iterator[str]:
    yield f"  {'layer':>5}  {'kernel':>6}  {'stride':>6}  {'padding':>7}  {'input':>11}  output"
    steps = [("x".join(map(str, a)), "x".join(map(str, b))) for a, b in pairwise(shapes)]
    for number, convolution in enumerate(convolutions, 1):
        given, output = steps[number - 1] if number <= len(steps) else ("-", "-")
        yield (
            f"  {number:>5}  {convolution.kernel_size:>6}  {convolution.stride:>6}  "
            f"{convolution.padding:>7}  {given:>11}  {output}"
        )
