"""What was clean, what was made of it, and what the networks made of that."""

from typing import Annotated

import torch
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor

from framework import Figure, FinishedRun
from framework_figures.image_rows import Row, choose_images, draw_rows, fixed_noise


class Denoising(Figure):
    """Test images clean, corrupted, and denoised with the weights kept.

    The images are those of `reconstructions`, corrupted in the same way every time. Beside a row
    stands its peak signal-to-noise ratio against the clean one, over the images shown.

    Args:
        num_images: number of images in a row.
    """

    def __init__(self, *, num_images: Annotated[int, Field(ge=1)] = 10) -> None:
        self._num_images = num_images

    @torch.no_grad()
    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the three rows; a pixel of an image is a square of whole pixels of the picture.

        Raises:
            ValueError: the task corrupts no images.
        """
        batch = run.batch(choose_images(run.test_set, self._num_images))
        task = run.task()
        with fixed_noise(batch.images.device):
            evaluations = {} if task is None else task.evaluations(batch)
        if "noisy" not in evaluations:
            raise ValueError("there are no noisy images to show; the task must be one of denoising")
        (denoised, clean), (noisy, _) = evaluations[""], evaluations["noisy"]
        rows = [
            Row("clean", "", clean.cpu()),
            Row("noisy", _psnr(noisy, clean, run.data.value_range), noisy.cpu()),
            Row("denoised", _psnr(denoised, clean, run.data.value_range), denoised.cpu()),
        ]
        return draw_rows(rows, run.data.value_range)


def _psnr(images: Tensor, clean: Tensor, value_range: tuple[float, float]) -> str:
    low, high = value_range
    ratio = (high - low) ** 2 / (images - clean).square().mean()
    return f"PSNR {10 * ratio.log10().item():.1f} dB"
