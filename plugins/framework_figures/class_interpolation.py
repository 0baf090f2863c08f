"""What lies between the regions of two classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor

from framework import DataInfo, Figure, FinishedRun
from framework_figures.classes import class_label, class_names
from framework_figures.image_groups import Group, draw_groups
from framework_figures.latent_space import Codes, LatentSpace, lines_between

_Class = str | int
_NUM_NEIGHBOURS = 15


@dataclass(frozen=True)
class _Region:
    """A class's part of latent space: its centre, and the place of the test image nearest to it."""

    centre: Float[Tensor, " latent"]
    place: int


class ClassInterpolation(Figure):
    """Images decoded along the straight line from the centre of one class's codes to another's.

    At both ends of a row stands the test image of the class whose code is nearest to its centre.
    Below each decoded image stands the class that most of the 15 nearest test images have: which
    regions the line passes through.

    Args:
        data: what is known of the data set.
        pairs: two classes for each row, by name or by label; by default the two whose centres lie
            nearest together and the two whose centres lie farthest apart.
        centre: whether a class's centre is the mean of its codes, or the median of each value.
        num_steps: number of decoded images in a row, both ends included.

    Raises:
        ValueError: there is no class of such a name or label, or the data have no labels.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        pairs: tuple[tuple[_Class, _Class], ...] = (),
        centre: Literal["mean", "median"] = "mean",
        num_steps: Annotated[int, Field(ge=2, le=20)] = 9,
    ) -> None:
        if not data.num_classes:
            raise ValueError("there are no classes to go between: the data have no labels")
        self._pairs = [(class_label(one, data), class_label(two, data)) for one, two in pairs]
        self._centre = centre
        self._num_steps = num_steps

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw a row for each pair.

        Raises:
            ValueError: the task cannot encode and decode, or a class has no test image.
        """
        space = LatentSpace(run, needs=("encode", "decode"))
        codes, names = space.encode(), class_names(run.data)
        regions = self._regions(codes)
        pairs = self._pairs or _default_pairs(regions)
        if missing := {label for pair in pairs for label in pair if label not in regions}:
            listed = ", ".join(names[label] for label in sorted(missing))
            raise ValueError(f"there are no test images of {listed}; name other classes in `pairs`")
        starts, ends = ([regions[label] for label in side] for side in zip(*pairs, strict=True))
        lines = lines_between(_centres_of(starts), _centres_of(ends), self._num_steps)
        heading = f"decoded along the line between the {self._centre}s of the classes"
        groups = [
            Group("test image", _images_of(run, starts)),
            Group(heading, space.decode_lines(lines), captions=_classes_along(lines, codes, names)),
            Group("test image", _images_of(run, ends)),
        ]
        labels = [(names[one], f"to {names[two]}") for one, two in pairs]
        footnote = (
            f"at both ends: the test image nearest to the {self._centre} of its class · "
            f"below: the class of most of the {_NUM_NEIGHBOURS} nearest codes"
        )
        return draw_groups(labels, groups, run.data.value_range, footnote=footnote)

    def _regions(self, codes: Codes) -> dict[int, _Region]:
        """The regions, by label, of the classes that have test images."""
        return {label: self._region(codes, label) for label in sorted(set(_labels_of(codes)))}

    def _region(self, codes: Codes, label: int) -> _Region:
        members = torch.tensor(_labels_of(codes)).eq(label).nonzero().squeeze(1)
        values = codes.values[members]
        centre = values.mean(0) if self._centre == "mean" else values.median(0).values
        nearest = int(members[(values - centre).square().sum(1).argmin()])
        return _Region(centre, codes.places[nearest])


def _labels_of(codes: Codes) -> list[int]:
    return [] if codes.labels is None else codes.labels.tolist()


def _default_pairs(regions: Mapping[int, _Region]) -> list[tuple[int, int]]:
    """The classes that lie nearest together, and those that lie farthest apart."""
    distances = {
        (one, two): torch.dist(regions[one].centre, regions[two].centre).item()
        for one, two in combinations(regions, 2)
    }
    if not distances:
        raise ValueError("there is nothing to go between: the test images have no two classes")
    near_to_far = sorted(distances, key=distances.__getitem__)
    return list(dict.fromkeys([near_to_far[0], near_to_far[-1]]))


def _centres_of(regions: Sequence[_Region]) -> Float[Tensor, "batch latent"]:
    return torch.stack([region.centre for region in regions])


def _images_of(
    run: FinishedRun, regions: Sequence[_Region]
) -> Float[Tensor, "batch 1 channels height width"]:
    return run.batch([region.place for region in regions]).images.cpu()[:, None]


def _classes_along(
    lines: Float[Tensor, "_ _ latent"], codes: Codes, names: Sequence[str]
) -> list[list[str]]:
    """The name of the class that most of the nearest codes have, for each code of each line."""
    labels = torch.tensor(_labels_of(codes))
    distances = torch.cdist(lines.flatten(0, 1), codes.values)
    nearest = distances.topk(min(_NUM_NEIGHBOURS, len(labels)), largest=False).indices
    found = labels[nearest].mode(1).values.unflatten(0, lines.shape[:2])
    return [[names[label] for label in row] for row in found.tolist()]
