"""The layer from which pictures come, ours beside PyTorch's, forward and backward together.

Each case is a transposed convolution in `channels_last`, as networks are trained here. A turn of a
side is several passes, and quoted is the median of the ratios of neighbouring turns.

Run it on a quiet machine: `make bench`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from turns import comparison, options, show, take_turns

from framework import ConvTranspose2d

NUM_PASSES = 10


class Case(NamedTuple):
    """A layer, and the images that it is given."""

    num_images: int
    in_channels: int
    size: int
    kernel_size: int
    stride: int
    out_channels: int


CASES = {
    "mnist/basic": Case(256, 8, 14, 3, 2, 1),
    "mnist/basic, evaluated": Case(1024, 8, 14, 3, 2, 1),
    "the same in colour": Case(256, 8, 14, 3, 2, 3),
    "a DCGAN": Case(256, 64, 14, 4, 2, 1),
    "a DCGAN in colour": Case(256, 64, 14, 4, 2, 3),
    "larger pictures": Case(64, 64, 32, 4, 2, 1),
    "larger pictures in colour": Case(64, 64, 32, 4, 2, 3),
    "without a stride": Case(64, 32, 32, 3, 1, 1),
}


def passes(case: Case, layer_type: type[nn.ConvTranspose2d]) -> Callable[[], None]:
    """A function that passes images through a layer several times, there and back."""
    generator = torch.Generator().manual_seed(0)
    layer = layer_type(
        case.in_channels, case.out_channels, case.kernel_size, stride=case.stride, padding=1
    ).to(memory_format=torch.channels_last)
    shape = (case.num_images, case.in_channels, case.size, case.size)
    images = torch.randn(shape, generator=generator).to(memory_format=torch.channels_last)
    images.requires_grad_()

    def there_and_back() -> None:
        for _ in range(NUM_PASSES):
            layer(images).sum().backward()
            images.grad = None

    return there_and_back


def main() -> None:
    """Print the ratios of each case."""
    arguments = options(__doc__.splitlines()[0], num_pairs=15).parse_args()
    found = {}
    for name, case in CASES.items():
        acts = {"pytorch": passes(case, nn.ConvTranspose2d), "ours": passes(case, ConvTranspose2d)}
        take_turns(acts, num_rounds=1)  # the first pass of each pays for kernels and allocations
        rounds = take_turns(acts, num_rounds=1 if arguments.quick else arguments.pairs)
        found[name] = comparison(rounds, targets={"ours": 1.0}, to="pytorch")
    show(passes=NUM_PASSES, **found)


if __name__ == "__main__":
    main()
