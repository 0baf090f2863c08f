"""Measures of how well images are reconstructed, from torchmetrics.

All take (prediction, target) as images in the value range, of any memory format, and weight a
short last batch as it deserves.
"""

from typing import Annotated

import torchmetrics
from pydantic import Field
from torch import Tensor
from torchmetrics.image import PeakSignalNoiseRatio, StructuralSimilarityIndexMeasure

from framework import DataInfo


class _MeanSquaredError(torchmetrics.MeanSquaredError):
    """As in torchmetrics, whose `view` refuses tensors in channels-last memory format."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.contiguous(), target.contiguous())


class _MeanAbsoluteError(torchmetrics.MeanAbsoluteError):
    """As in torchmetrics, whose `view` refuses tensors in channels-last memory format."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.contiguous(), target.contiguous())


def mse() -> torchmetrics.Metric:
    """Mean squared error over all images and pixels."""
    return _MeanSquaredError()


def mae() -> torchmetrics.Metric:
    """Mean absolute error over all images and pixels."""
    return _MeanAbsoluteError()


def psnr(data: DataInfo) -> torchmetrics.Metric:
    """Peak signal-to-noise ratio in decibels, from the mean squared error over all images.

    The mean of each image's own ratio, which others report under this name, is slightly larger.
    Infinite where prediction and target are equal.
    """
    return PeakSignalNoiseRatio(data_range=_span(data))


def ssim(data: DataInfo, *, sigma: Annotated[float, Field(gt=0)] = 1.5) -> torchmetrics.Metric:
    """Structural similarity of images, 1 where they are equal, averaged over all images.

    Images are mirrored at their borders, where the Gaussian window reaches beyond them.

    Source: Z. Wang et al., Image Quality Assessment: From Error Visibility to Structural
    Similarity, 2004, section III.B.

    Args:
        data: what is known of the images.
        sigma: standard deviation of the Gaussian window, in pixels; the window reaches 3.5 times
            as far to each side, which must be less than the image's smaller side.

    Raises:
        ValueError: the images are too small for the window.
    """
    reach = int(3.5 * sigma + 0.5)
    _, height, width = data.image_shape
    if reach >= min(height, width):
        raise ValueError(
            f"ssim with sigma {sigma} looks {reach} pixels to each side, too far for images of "
            f"{height}x{width}; choose a smaller sigma or leave ssim out"
        )
    return StructuralSimilarityIndexMeasure(sigma=sigma, data_range=_span(data))


def _span(data: DataInfo) -> float:
    low, high = data.value_range
    return float(high - low)
