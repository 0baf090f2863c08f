"""What lies between the codes of two images."""

from typing import Annotated

from matplotlib.figure import Figure as Drawing
from pydantic import Field

from framework import Figure, FinishedRun
from framework_figures.classes import class_names
from framework_figures.image_groups import Group, draw_groups
from framework_figures.image_rows import choose_images
from framework_figures.latent_space import LatentSpace, lines_between

_Place = Annotated[int, Field(ge=0)]
_NUM_DEFAULT_PAIRS = 5


class ImageInterpolation(Figure):
    """Images decoded along the straight line from the code of one test image to that of another.

    The test images stand at both ends of their row; the first and the last decoded image are their
    reconstructions.

    Args:
        pairs: places of two test images for each row; by default five pairs of the first image of
            a class and that of the next, or of the first images where there are no labels.
        num_steps: number of decoded images in a row, both ends included.
    """

    def __init__(
        self,
        *,
        pairs: tuple[tuple[_Place, _Place], ...] = (),
        num_steps: Annotated[int, Field(ge=2, le=20)] = 9,
    ) -> None:
        self._pairs = pairs
        self._num_steps = num_steps

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw a row for each pair.

        Raises:
            ValueError: the task cannot encode and decode, or there is no such test image.
        """
        pairs = self._pairs or _default_pairs(run)
        num_images = len(run.test_set)
        if beyond := sorted({place for pair in pairs for place in pair if place >= num_images}):
            listed = ", ".join(map(str, beyond))
            raise ValueError(f"there are {num_images} test images, and none at the places {listed}")
        space = LatentSpace(run, needs=("encode", "decode"))
        starts, ends = (run.batch(places).images for places in zip(*pairs, strict=True))
        lines = lines_between(space.codes_of(starts), space.codes_of(ends), self._num_steps)
        groups = [
            Group("test image", starts.cpu()[:, None]),
            Group("decoded along the line between their codes", space.decode_lines(lines)),
            Group("test image", ends.cpu()[:, None]),
        ]
        labels = [_label_of(run, start, end) for start, end in pairs]
        return draw_groups(labels, groups, run.data.value_range)


def _default_pairs(run: FinishedRun) -> list[tuple[int, int]]:
    chosen = choose_images(run.test_set, 2 * _NUM_DEFAULT_PAIRS)
    return list(zip(chosen[::2], chosen[1::2], strict=False)) or [(chosen[0], chosen[0])]


def _label_of(run: FinishedRun, start: int, end: int) -> tuple[str, str]:
    if run.test_set.labels is None:
        return f"image {start}", f"to image {end}"
    names = class_names(run.data)
    labels = run.test_set.labels
    return names[labels[start]], f"to {names[labels[end]]}"
