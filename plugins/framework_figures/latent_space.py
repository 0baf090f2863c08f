"""The codes of a run's images, and the images of codes, as figures use them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from framework import Batch, FinishedRun
from framework_figures.image_rows import fixed_noise

Split = Literal["train", "test"]

_IMAGES_AT_ONCE = 1024


@dataclass(frozen=True)
class Codes:
    """Codes of images of one split, on the CPU.

    Attributes:
        values: a code per image; codes of several axes are flattened.
        labels: classes of the images, or None.
        places: places of the images in their split.
        num_available: number of images that the split holds.
    """

    values: Float[Tensor, "batch latent"]
    labels: Int[Tensor, " batch"] | None
    places: Sequence[int]
    num_available: int

    @property
    def extent(self) -> str:
        """How many images were encoded, out of how many, in words."""
        if len(self.places) == self.num_available:
            return f"{self.num_available:,}"
        return f"{len(self.places):,} of {self.num_available:,}"


class LatentSpace:
    """What a run's task makes of images and of codes, in batches and without gradients.

    Args:
        run: the finished run.
        epoch: whose weights to take; by default those kept. As tasks may share their networks, one
            latent space must have been used before the next is made.
        needs: operations that the task must offer.

    Raises:
        ValueError: the task does not offer them, or these weights are not stored.
    """

    def __init__(
        self,
        run: FinishedRun,
        epoch: int | None = None,
        *,
        needs: Sequence[Literal["encode", "decode"]] = ("encode",),
    ) -> None:
        task = run.task(epoch)
        if task is None:
            which = "that were kept" if epoch is None else f"of epoch {epoch}"
            raise ValueError(
                f"the weights {which} are not stored; train again with this figure in the recipe"
            )
        operations = task.operations()
        missing = [name for name in needs if name not in operations]
        if missing:
            raise ValueError(
                f"this figure needs a task that offers {' and '.join(needs)}, and this one offers "
                f"{', '.join(operations) or 'nothing'}; leave the figure out, or take a task such "
                f"as reconstruction with an encoder and a decoder"
            )
        self._run = run
        self._operations = operations
        first = run.batch([0]).images
        self._device = first.device
        self._code_shape = self._encode(first).shape[1:]

    def encode(self, split: Split = "test", *, at_most: int | None = None) -> Codes:
        """The codes of a split's images, or of `at_most` of them, chosen at random but always so.

        Raises:
            ValueError: a code is not finite.
        """
        images = self._run.test_set if split == "test" else self._run.train_set
        places = choose_places(len(images), at_most)
        codes = [self.codes_of(portion.images) for portion in portions_of(self._run, split, places)]
        labels = None if images.labels is None else images.labels.cpu()[places]
        return Codes(torch.cat(codes), labels, places, len(images))

    def codes_of(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch latent"]:
        """The codes of images that are on the run's device.

        Raises:
            ValueError: a code is not finite.
        """
        codes = self._encode(images).flatten(1).float().cpu()
        if not codes.isfinite().all():
            raise ValueError("there are codes that are not finite; train with a lower lr")
        return codes

    @torch.no_grad()
    def decode(
        self, codes: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch channels height width"]:
        """The images of codes, on the CPU.

        Raises:
            ValueError: what is decoded has not the shape of the data's images.
        """
        shaped = codes.unflatten(1, tuple(self._code_shape)).to(self._device)
        with fixed_noise(self._device):
            images = self._operations["decode"](shaped).cpu()
        if images.shape[1:] != self._run.data.image_shape:
            found, expected = tuple(images.shape[1:]), self._run.data.image_shape
            raise ValueError(f"decoded images shall have the shape {expected}, found {found}")
        return images

    def decode_lines(
        self, lines: Float[Tensor, "_ _ latent"]
    ) -> Float[Tensor, "_ _ channels height width"]:
        """The images of rows of codes, such as those of `lines_between`."""
        return self.decode(lines.flatten(0, 1)).unflatten(0, lines.shape[:2])

    @torch.no_grad()
    def _encode(self, images: Tensor) -> Tensor:
        with fixed_noise(self._device):
            return self._operations["encode"](images)


def lines_between(
    starts: Float[Tensor, "batch latent"], ends: Float[Tensor, "batch latent"], num_steps: int
) -> Float[Tensor, "batch _ latent"]:
    """Codes at equal distances along the straight line from each start to its end, inclusive."""
    shares = torch.linspace(0, 1, num_steps)[:, None]
    return torch.lerp(starts[:, None], ends[:, None], shares)


def portions_of(run: FinishedRun, split: Split, places: Sequence[int]) -> Iterator[Batch]:
    """The images at these places of a split, in batches that fit into memory."""
    for start in range(0, len(places), _IMAGES_AT_ONCE):
        yield run.batch(places[start : start + _IMAGES_AT_ONCE], split)


def choose_places(num_images: int, at_most: int | None) -> list[int]:
    """Places of all images in their order, or of `at_most` drawn at random, the same every time."""
    if at_most is None or num_images <= at_most:
        return list(range(num_images))
    order = torch.randperm(num_images, generator=torch.Generator().manual_seed(0))
    return sorted(order[:at_most].tolist())
