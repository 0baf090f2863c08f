"""Originals above what the networks made of them, then and at last."""

from collections.abc import Iterator
from typing import Annotated

import torch
from matplotlib.figure import Figure as Drawing
from pydantic import Field

from framework import Batch, Figure, FinishedRun, Task
from framework_figures.image_rows import Row, choose_images, draw_rows, fixed_noise


class Reconstructions(Figure):
    """Test images above their reconstructions, after chosen epochs and with the weights kept.

    The first test image of each class comes first, where there are labels; then the others in
    their order. Beside each row stands its mean squared error over the images shown.

    Args:
        at_epochs: epochs to show besides the kept weights; 0 is untrained, an epoch that the run
            did not reach is left out.
        num_images: number of images in a row.
    """

    def __init__(
        self,
        *,
        at_epochs: tuple[Annotated[int, Field(ge=0)], ...] = (),
        num_images: Annotated[int, Field(ge=1)] = 10,
    ) -> None:
        self.epochs = at_epochs
        self._num_images = num_images

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the rows; a pixel of an image is a square of whole pixels of the picture.

        Raises:
            ValueError: the task's predictions are no images of the data's shape.
        """
        batch = run.batch(choose_images(run.test_set, self._num_images))
        originals = Row("original", "", batch.images.cpu())
        rows = [originals, *self._reconstructed(run, batch)]
        return draw_rows(rows, run.data.value_range)

    def _reconstructed(self, run: FinishedRun, batch: Batch) -> Iterator[Row]:
        # Each task is used before the next is asked for: they may share their networks.
        for epoch in self.epochs:
            if (task := run.task(epoch)) is not None:
                yield _reconstruct(task, batch, f"epoch {epoch}" if epoch else "untrained")
        if (task := run.task()) is not None:
            yield _reconstruct(task, batch, f"kept (epoch {run.kept_epoch})")


@torch.no_grad()
def _reconstruct(task: Task, batch: Batch, label: str) -> Row:
    with fixed_noise(batch.images.device):
        prediction, target = task.evaluate(batch)
    if prediction.shape != batch.images.shape:
        found, expected = tuple(prediction.shape), tuple(batch.images.shape)
        raise ValueError(f"reconstructions need predictions of shape {expected}, found {found}")
    error = (prediction - target).square().mean().item()
    return Row(label, f"MSE {error:.3g}", prediction.cpu())
