"""Images made of the same noise, then and at last."""

from typing import Annotated, Any

import torch
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor

from framework import Figure, FinishedRun, Task
from framework_figures.classes import drawable
from framework_figures.image_rows import Caption, Row, draw_rows


class GeneratedImages(Figure):
    """Images generated after chosen epochs, a row each, and more of them with the weights kept.

    All rows begin with the same noise: images below each other show how one was learnt. Of a
    conditional generator there is a column per class, and the noise of a row is the same for all.

    Args:
        at_epochs: epochs to show besides the kept weights; 0 is untrained, an epoch that the run
            did not reach is left out.
        num_images: number of images in a row, where classes do not decide it.
        num_rows: number of rows made with the weights kept.
    """

    def __init__(
        self,
        *,
        at_epochs: tuple[Annotated[int, Field(ge=0)], ...] = (),
        num_images: Annotated[int, Field(ge=1)] = 10,
        num_rows: Annotated[int, Field(ge=1)] = 4,
    ) -> None:
        self.epochs = at_epochs
        self._num_images = num_images
        self._num_rows = num_rows

    @torch.no_grad()
    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the rows; a pixel of an image is a square of whole pixels of the picture.

        Raises:
            ValueError: the task makes no images of noise.
        """
        device = run.batch([0]).images.device
        rows: list[Row] = []
        # Each task is used before the next is asked for: they may share their networks.
        for epoch in self.epochs:
            if (task := run.task(epoch)) is not None:
                label = f"epoch {epoch}" if epoch else "untrained"
                rows += self._rows(task, label, device, num_rows=1)
        if (task := run.task()) is not None:
            label = f"kept (epoch {run.kept_epoch})"
            rows += self._rows(task, label, device, num_rows=self._num_rows)
            rows[0] = Row(rows[0].label, "", rows[0].images, _captions(task, run))
        return draw_rows(rows, run.data.value_range)

    def _rows(self, task: Task, label: str, device: torch.device, *, num_rows: int) -> list[Row]:
        images = self._generated(task, device, num_rows)
        labels = [label] + [""] * (num_rows - 1)
        return [Row(label, "", row) for label, row in zip(labels, images, strict=True)]

    def _generated(self, task: Task, device: torch.device, num_rows: int) -> list[Tensor]:
        generate: Any = task.operations().get("generate")
        if getattr(generate, "takes", None) != "noise":
            raise ValueError("there are no generated images to show; the task must have `generate`")
        num_classes = getattr(task, "num_classes", 0)
        noise = self._noise(generate.shape, 1 if num_classes else self._num_images)[:num_rows]
        if num_classes:  # which a conditional generator takes in turn
            noise = noise.expand(-1, num_classes, *generate.shape)
        return list(generate(noise.flatten(0, 1).to(device)).cpu().chunk(num_rows))

    def _noise(self, shape: tuple[int, ...], num_images: int) -> Tensor:
        """The noise of all rows; as much whatever is shown, for the values depend on how many."""
        generator = torch.Generator().manual_seed(0)
        return torch.randn(self._num_rows, num_images, *shape, generator=generator)


def _captions(task: Task, run: FinishedRun) -> list[Caption]:
    num_classes = getattr(task, "num_classes", 0)
    names = run.data.class_names or tuple(map(str, range(num_classes)))
    return [Caption(drawable(name)) for name in names[:num_classes]]
