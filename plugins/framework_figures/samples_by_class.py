"""What the images of a data set look like, class by class."""

from collections.abc import Iterator
from typing import Annotated, Literal

from matplotlib.figure import Figure as Drawing
from pydantic import Field

from framework import Figure, FinishedRun
from framework_figures.classes import class_names
from framework_figures.image_rows import Row, draw_rows


class SamplesByClass(Figure):
    """A row of images for each class, with its name and how many images of it there are.

    They are the first of the class in the order of the data set. A class without images has no
    row, such as one that is left out of training.

    Args:
        num_images: number of images in a row.
        split: which images to show.
    """

    def __init__(
        self,
        *,
        num_images: Annotated[int, Field(ge=1)] = 12,
        split: Literal["train", "test"] = "train",
    ) -> None:
        self._num_images = num_images
        self._split = split

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw a row per class.

        Raises:
            ValueError: the images have no labels.
        """
        return draw_rows(list(self._rows(run)), run.data.value_range)

    def _rows(self, run: FinishedRun) -> Iterator[Row]:
        images = run.train_set if self._split == "train" else run.test_set
        if images.labels is None:
            raise ValueError("there are no classes to show; the data set has no labels")
        names = class_names(run.data)
        for label in images.labels.unique().tolist():
            places = (images.labels == label).nonzero().flatten().tolist()
            batch = run.batch(places[: self._num_images], self._split)
            yield Row(names[label], _count(len(places)), batch.images.cpu())


def _count(num_images: int) -> str:
    return f"{num_images:,} images" if num_images > 1 else "1 image"
