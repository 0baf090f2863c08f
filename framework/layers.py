"""Layers that compute what PyTorch's do, sooner where that is worth it."""

from typing import Any

import torch
from torch import Tensor, nn

_MOST_CHANNELS = 3
_MOST_PRODUCTS = 50
_FEWEST_POSITIONS = 8192
"""Where matrix products were found to be sooner than oneDNN, on one thread and on two."""

_ONEDNN: Any = torch.backends.mkldnn
_Pair = tuple[int, int]


class ConvTranspose2d(nn.ConvTranspose2d):
    """PyTorch's transposed convolution, twice as fast on a CPU where gray pictures come out.

    oneDNN works on groups of eight channels or more, whatever comes out. Where that is one channel,
    or three, a matrix product whose overlapping parts are added up is done in a fraction of the
    time. The gradient is PyTorch's, and so is everything where that is not sooner: other devices
    and types, few images, large kernels, a graph that is traced. Weights are the same.
    """

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        """The transposed convolution of (batch, channels, height, width), or of one image."""
        if output_size is None and self._is_sooner_as_product(images):
            geometry = (self.stride, self.padding, self.output_padding)
            answer: Tensor = _ProductOfPatches.apply(images, self.weight, self.bias, *geometry)
            return answer
        return super().forward(images, output_size)

    def _is_sooner_as_product(self, images: Tensor) -> bool:
        height, width = self.kernel_size
        return (
            self.out_channels <= _MOST_CHANNELS
            and self.out_channels * height * width <= _MOST_PRODUCTS
            and self.groups == 1
            and self.dilation == (1, 1)
            and images.dim() == 4  # noqa: PLR2004  batch, channels, height, width
            and images.shape[1] == self.in_channels
            and images.numel() >= _FEWEST_POSITIONS * self.in_channels
            and images.dtype == self.weight.dtype == torch.float32
            and images.device.type == self.weight.device.type == "cpu"
            and _ONEDNN.enabled
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()
            and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        )


class _ProductOfPatches(torch.autograd.Function):
    """Every place of the input as the patch that it becomes; a place of the output sums patches."""

    @staticmethod
    def forward(
        images: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: _Pair,
        padding: _Pair,
        output_padding: _Pair,
    ) -> Tensor:
        batch, channels, *sizes = images.shape
        _, num_channels, *kernel = weight.shape
        height, width = (
            (size - 1) * step - 2 * pad + reach + extra
            for size, step, pad, reach, extra in zip(
                sizes, stride, padding, kernel, output_padding, strict=True
            )
        )
        places = images.permute(0, 2, 3, 1).reshape(-1, channels)  # no copy in channels_last
        patches = torch.mm(weight.reshape(channels, -1).t(), places.t())
        patches = patches.view(num_channels, *kernel, batch, *sizes)
        start = images.new_zeros(1) if bias is None else bias
        answer = start.view(1, -1, 1, 1).repeat(batch, num_channels // len(start), height, width)
        by_channel = answer.transpose(0, 1)
        for row in range(kernel[0]):
            above, below = _met(sizes[0], height, row - padding[0], stride[0])
            for column in range(kernel[1]):
                left, right = _met(sizes[1], width, column - padding[1], stride[1])
                by_channel[:, :, below, right].add_(patches[:, row, column, :, above, left])
        return answer

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG004
        images, weight, bias, *ctx.geometry = inputs
        ctx.save_for_backward(images, weight)
        ctx.has_bias = bias is not None

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        images, weight = ctx.saved_tensors
        stride, padding, output_padding = ctx.geometry
        needed = [*ctx.needs_input_grad[:2], ctx.has_bias and ctx.needs_input_grad[2]]
        gradients = torch.ops.aten.convolution_backward(
            gradient,
            images,
            weight,
            bias_sizes=[weight.shape[1]],
            stride=stride,
            padding=padding,
            dilation=(1, 1),
            transposed=True,
            output_padding=output_padding,
            groups=1,
            output_mask=needed,
        )
        return (*gradients, None, None, None)


def _met(num_inputs: int, num_outputs: int, offset: int, stride: int) -> tuple[slice, slice]:
    """The inputs `i` whose output `offset + stride * i` exists, and those outputs."""
    first = max(0, -(offset // stride))
    last = max(first, min(num_inputs, (num_outputs - 1 - offset) // stride + 1))
    start = offset + stride * first
    return slice(first, last), slice(start, start + stride * (last - first), stride)
