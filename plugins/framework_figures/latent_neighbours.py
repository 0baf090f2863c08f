"""Which training images are nearest to test images: by their codes, and by their pixels."""

from typing import Annotated

import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor

from framework import Figure, FinishedRun
from framework_figures.classes import class_names
from framework_figures.image_groups import Group, draw_groups
from framework_figures.image_rows import choose_images
from framework_figures.latent_space import LatentSpace, portions_of


class LatentNeighbours(Figure):
    """Test images beside the training images nearest to them, by codes and by pixels.

    All training images are looked at, and distances are Euclidean. The first test image of each
    class comes first, where there are labels; neighbours of another class are underlined.

    Args:
        num_images: number of test images, a row each.
        num_neighbours: number of neighbours of either kind.
    """

    def __init__(
        self,
        *,
        num_images: Annotated[int, Field(ge=1)] = 10,
        num_neighbours: Annotated[int, Field(ge=1, le=20)] = 5,
    ) -> None:
        self._num_images = num_images
        self._num_neighbours = num_neighbours

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw a row for each test image.

        Raises:
            ValueError: the task encodes nothing, or codes are not finite.
        """
        places = choose_images(run.test_set, self._num_images)
        batch = run.batch(places)
        by_code, by_pixel = self._nearest(run, batch.images)
        groups = [
            Group("test image", batch.images.cpu()[:, None]),
            _group("nearest training images by code", run, by_code, batch.labels),
            _group("nearest training images by pixels", run, by_pixel, batch.labels),
        ]
        if batch.labels is None:
            labels = [(f"image {place}", "") for place in places]
            return draw_groups(labels, groups, run.data.value_range)
        names = class_names(run.data)
        labels = [(names[label], "") for label in batch.labels.tolist()]
        footnote = f"of another class: {_count(groups[1])} by code, {_count(groups[2])} by pixels"
        return draw_groups(labels, groups, run.data.value_range, footnote=footnote)

    def _nearest(
        self, run: FinishedRun, images: Float[Tensor, "batch channels height width"]
    ) -> tuple[Int[Tensor, "batch _"], Int[Tensor, "batch _"]]:
        """Places of the nearest training images by code and by pixel, nearest first."""
        space = LatentSpace(run)
        wanted = (space.codes_of(images), images.flatten(1).cpu())
        found = [_Nearest(each, self._num_neighbours) for each in wanted]
        for portion in portions_of(run, "train", range(len(run.train_set))):
            places = portion.indices.cpu()
            candidates = (space.codes_of(portion.images), portion.images.flatten(1).cpu())
            for nearest, values in zip(found, candidates, strict=True):
                nearest.look_at(values, places)
        return found[0].places, found[1].places


class _Nearest:
    """The nearest of all candidates looked at so far."""

    def __init__(self, wanted: Float[Tensor, "batch features"], num_neighbours: int) -> None:
        self.places = torch.empty((len(wanted), 0), dtype=torch.int64)
        self._distances = torch.empty((len(wanted), 0))
        self._wanted = wanted
        self._num_neighbours = num_neighbours

    def look_at(self, candidates: Float[Tensor, "_ features"], places: Int[Tensor, " _"]) -> None:
        distances = torch.cat([self._distances, torch.cdist(self._wanted, candidates)], dim=1)
        every_place = torch.cat([self.places, places.expand(len(self._wanted), -1)], dim=1)
        num_kept = min(self._num_neighbours, distances.shape[1])
        self._distances, chosen = distances.topk(num_kept, largest=False)
        self.places = every_place.gather(1, chosen)


def _group(
    heading: str, run: FinishedRun, places: Int[Tensor, "batch _"], labels: Tensor | None
) -> Group:
    batch = run.batch(places.flatten().tolist(), "train")
    images = batch.images.cpu().unflatten(0, places.shape)
    if labels is None or batch.labels is None:
        return Group(heading, images)
    is_other = batch.labels.unflatten(0, places.shape).ne(labels[:, None]).cpu()
    return Group(heading, images, is_marked=is_other)


def _count(group: Group) -> str:
    marks = torch.empty(0) if group.is_marked is None else group.is_marked
    return f"{int(marks.sum())} of {marks.numel()}"
