"""Images that excite single units of a network more than any that it was shown."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Annotated

import torch
from jaxtyping import Float
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor, nn

from framework import Figure, FinishedRun
from framework_figures.image_rows import Caption, Row, draw_rows
from framework_figures.likely_images import LikelyImages
from framework_figures.style import INK, MUTED

Units = Callable[[Tensor], Tensor]
"""Images to the values of units, (batch, units)."""

_NUM_LOOKED_AT = 2000
_BATCH_SIZE = 500
_LR = 0.05
_UNITS_PER_ROW = 8
_HEADER_PIXELS = 26


class MaximisingInputs(Figure):
    """For each unit, an image made to excite it most, above the training image that does so.

    The images are made by gradient ascent among those that are as likely as training images under
    a Gaussian fitted to these; see `LikelyImages`. Without such a prior they would be noise. Units
    are those of the latent code, or of a layer: its channels, averaged over their places. Above an
    image stands by how many standard deviations of the unit it lies above the unit's mean, both
    over the first 2,000 training images.

    Source: D. Erhan, Y. Bengio, A. Courville, P. Vincent, Visualizing Higher-Layer Features of a
    Deep Network, 2009, section 3.1; there the norm of the image is bounded, here its likelihood.

    Args:
        operation: the task's operation whose values are the units.
        layer: dotted name of a layer whose channels are the units instead, such as
            `encoder.layers.conv2`; its network must take images.
        max_num_units: how many units are shown at most, from the first on.
        num_steps: number of steps of gradient ascent.
        num_components: number of principal components in which images are made.
    """

    def __init__(
        self,
        *,
        operation: str = "encode",
        layer: str | None = None,
        max_num_units: Annotated[int, Field(ge=1)] = 16,
        num_steps: Annotated[int, Field(ge=1)] = 150,
        num_components: Annotated[int, Field(ge=1)] = 64,
    ) -> None:
        self._operation = operation
        self._layer = layer
        self._max_num_units = max_num_units
        self._num_steps = num_steps
        self._num_components = num_components

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw two rows for every eight units.

        Raises:
            ValueError: there is no such operation or layer.
        """
        units = self._units(run)
        images = run.batch(range(min(_NUM_LOOKED_AT, len(run.train_set))), "train").images
        with torch.no_grad():
            seen = torch.cat([units(part) for part in images.split(_BATCH_SIZE)])
        seen = seen[:, : self._max_num_units]
        scale = seen.std(0, correction=0)
        made = self._ascend(run, units, images, scale.masked_fill(scale == 0, 1))
        with torch.no_grad():
            reached = units(made)[:, : self._max_num_units].diagonal()
        deviations = (torch.stack([reached, seen.amax(0)]) - seen.mean(0)) / scale
        found = images[seen.argmax(0)]
        rows = _rows(made.cpu(), found.cpu(), deviations.tolist(), num_seen=len(images))
        drawing = draw_rows(list(rows), run.data.value_range, header_pixels=_HEADER_PIXELS)
        _explain(drawing)
        return drawing

    def _units(self, run: FinishedRun) -> Units:
        if self._layer is not None:
            return _units_of_layer(run.networks() or {}, self._layer)
        task = run.task()
        operations = {} if task is None else task.operations()
        if self._operation not in operations:
            hint = f"there are {', '.join(operations)}" if operations else "it has none"
            message = f"the task offers no operation '{self._operation}'; {hint}, or name a layer"
            raise ValueError(message)
        operation = operations[self._operation]
        return lambda images: _flat(operation(images))

    def _ascend(
        self, run: FinishedRun, units: Units, images: Tensor, scale: Tensor
    ) -> Float[Tensor, "batch channels height width"]:
        likely = LikelyImages(images, run.data.value_range, num_components=self._num_components)
        codes = likely.draw_codes(len(scale)).requires_grad_()
        optimizer = torch.optim.Adam([codes], lr=_LR)
        for _ in range(self._num_steps):
            optimizer.zero_grad()
            values = units(likely.images(codes))[:, : len(scale)].diagonal()
            (-values / scale).sum().backward()
            optimizer.step()
        return likely.images(codes.detach())


def _units_of_layer(networks: Mapping[str, nn.Module], layer: str) -> Units:
    """The channels of a layer, as they are when its network is given images."""
    name = layer.partition(".")[0]
    known = {
        f"{n}.{m}".rstrip("."): module
        for n, net in networks.items()
        for m, module in net.named_modules()
    }
    if layer not in known:
        near = get_close_matches(layer, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the networks are {', '.join(networks)}"
        raise ValueError(f"there is no layer named '{layer}'; {hint}")

    def units(images: Tensor) -> Tensor:
        outputs: list[Tensor] = []
        hook = known[layer].register_forward_hook(lambda *given: outputs.append(given[-1]))
        try:
            networks[name](images)
        finally:
            hook.remove()
        return _flat(outputs[-1])

    return units


def _flat(values: Tensor) -> Float[Tensor, "batch _"]:
    """One value per unit: what a channel has in several places is averaged."""
    return values.flatten(1).unflatten(1, (values.shape[1], -1)).mean(2)


def _rows(
    made: Tensor, found: Tensor, deviations: list[list[float]], *, num_seen: int
) -> Iterator[Row]:
    of_made, of_found = deviations
    for start in range(0, len(made), _UNITS_PER_ROW):
        part = slice(start, start + _UNITS_PER_ROW)
        captions = [
            Caption(f"{unit}: {_signed(value)}", INK)
            for unit, value in enumerate(of_made[part], start)
        ]
        last = start + len(captions) - 1
        label = f"units {start} to {last}" if last > start else f"unit {start}"
        yield Row("made", label, made[part], captions)
        captions = [Caption(_signed(value)) for value in of_found[part]]
        yield Row("found", f"of {num_seen:,} images", found[part], captions)


def _explain(drawing: Drawing) -> None:
    width, height = drawing.get_size_inches() * drawing.dpi
    words = "unit: value, in standard deviations"
    drawing.text(24 / width, 1 - 32 / height, words, color=MUTED, fontsize=8.5, va="center")


def _signed(deviation: float) -> str:
    return f"{deviation:+.1f}" if isfinite(deviation) else "constant"
