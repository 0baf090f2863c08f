"""Generated images before and after an autoencoder has passed them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

import torch
from jaxtyping import Float
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor

from framework import Figure, FinishedRun
from framework_figures.frechet import frechet_distance
from framework_figures.image_rows import Row, draw_rows
from framework_figures.latent_space import portions_of
from framework_figures.nearest_images import nearest_training_images

_IMAGES_AT_A_TIME = 1000
_NEEDED = ("generate", "filter")


class FilteredImages(Figure):
    """Generated images, what an autoencoder makes of them, and the most similar training images.

    Where the task names a judge, its values are Fréchet distances from test images on the judge's
    features: of generated images, of filtered ones, and, as the floor, of training images, all of
    the same number. They are no FID: the features are those of a network trained here.

    Args:
        num_images: number of images in a row.
        num_compared: at most so many images of each kind are compared.
    """

    def __init__(
        self,
        *,
        num_images: Annotated[int, Field(ge=1)] = 10,
        num_compared: Annotated[int, Field(ge=2)] = 10_000,
    ) -> None:
        self._num_images = num_images
        self._num_compared = num_compared
        self._values: Mapping[str, float] | None = None

    @torch.no_grad()
    def draw(self, run: FinishedRun) -> Drawing:
        """Draw generated, filtered and nearest training images.

        Raises:
            ValueError: the task cannot generate and filter.
        """
        operations = _operations_of(run)
        generated = next(_generated(run, operations, self._num_images))
        filtered = operations["filter"](generated)
        values = self._values = _distances(run, operations, self._num_compared)
        rows = [
            Row("generated", _note(values, "frechet/generated"), generated.cpu()),
            Row("filtered", _note(values, "frechet/filtered"), filtered.cpu()),
            Row(
                "nearest in training",
                "to the generated",
                nearest_training_images(run, generated.cpu()),
            ),
        ]
        return draw_rows(rows, run.data.value_range)

    def values(self, run: FinishedRun) -> Mapping[str, float]:
        """Fréchet distances on the judge's features, where there is one."""
        if self._values is None:
            self._values = _distances(run, _operations_of(run), self._num_compared)
        return self._values


@torch.no_grad()
def _distances(
    run: FinishedRun, operations: Mapping[str, Any], num_compared: int
) -> Mapping[str, float]:
    judge = operations.get("judge")
    if judge is None:
        return {}
    number = min(num_compared, len(run.test_set), len(run.train_set))
    distance = partial(frechet_distance, judge)
    real = partial(_real, run, "test", number)
    noise = partial(_generated, run, operations, number)
    return {
        "frechet/generated": distance(real(), noise()),
        "frechet/filtered": distance(real(), map(operations["filter"], noise())),
        "frechet/real": distance(real(), _real(run, "train", number)),
    }


def _operations_of(run: FinishedRun) -> Mapping[str, Any]:
    task = run.task()
    operations: Mapping[str, Callable[[Tensor], Tensor]] = {} if task is None else task.operations()
    missing = [name for name in _NEEDED if name not in operations]
    if missing:
        raise ValueError(f"the task cannot {' and '.join(missing)}; it must be filtered_generation")
    return operations


def _real(
    run: FinishedRun, split: Any, number: int
) -> Iterator[Float[Tensor, "batch channels height width"]]:
    for portion in portions_of(run, split, range(number)):
        yield portion.images


def _generated(
    run: FinishedRun, operations: Mapping[str, Any], number: int
) -> Iterator[Float[Tensor, "batch channels height width"]]:
    """The same images every time, a batch at a time."""
    device = run.batch([0]).images.device
    generate, generator = operations["generate"], torch.Generator().manual_seed(0)
    for begin in range(0, number, _IMAGES_AT_A_TIME):
        size = min(_IMAGES_AT_A_TIME, number - begin)
        yield generate(torch.randn(size, *generate.shape, generator=generator).to(device))


def _note(values: Mapping[str, float], name: str) -> str:
    return f"Fréchet {values[name]:.1f}" if name in values else ""
