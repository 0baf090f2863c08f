"""What the first layer of a convolutional network looks for in images."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from torch import Tensor, nn

from framework import Figure, FinishedRun
from framework_figures.image_rows import Row, draw_rows
from framework_figures.style import MUTED, RULE, calm

_SIDE_PIXELS = 92
_SCALE_PIXELS = 62
_FILTERS_PER_ROW = 8
_COLOURS = 3
_TWO_SIDED = "RdBu_r"


class Filters(Figure):
    """The kernels of a network's first convolution, all on one scale: red adds, blue takes away.

    A kernel over the three channels of images in colour is shown in colour: each channel is as
    bright as its weight is large, and grey is zero. One over another number of channels is shown
    channel by channel, side by side.

    Args:
        network: the network's name; by default the first that has a convolution.
        untrained: whether to show the kernels before training as well.
        max_num_filters: how many kernels are shown at most.
    """

    def __init__(
        self,
        *,
        network: str | None = None,
        untrained: bool = False,
        max_num_filters: Annotated[int, Field(ge=1)] = 64,
    ) -> None:
        self.epochs = (0,) if untrained else ()
        self._network = network
        self._max_num_filters = max_num_filters

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the kernels; one stays in its place from before training to after.

        Raises:
            ValueError: there is no such network, or no convolution in it.
        """
        stages = dict(self._stages(run))
        largest = max(kernels.abs().max().item() for kernels in stages.values()) or 1.0
        rows = [row for label, kernels in stages.items() for row in _rows(label, kernels, largest)]
        drawing = draw_rows(rows, (0.0, 1.0), header_pixels=_SCALE_PIXELS)
        is_coloured = any(kernels.shape[1] == _COLOURS for kernels in stages.values())
        _put_scale(drawing, largest, "gray" if is_coloured else _TWO_SIDED)
        return drawing

    def _stages(self, run: FinishedRun) -> Iterator[tuple[str, Tensor]]:
        for epoch in self.epochs:
            if (networks := run.networks(epoch)) is not None:
                yield "untrained", self._kernels(networks)
        if (networks := run.networks()) is not None:
            yield f"kept (epoch {run.kept_epoch})", self._kernels(networks)

    def _kernels(
        self, networks: Mapping[str, nn.Module]
    ) -> Float[Tensor, "batch channels height width"]:
        convolution = _first_convolution(networks, self._network)
        kernels = convolution.weight.detach().cpu()[: self._max_num_filters]
        return kernels if kernels.shape[1] == _COLOURS else kernels.flatten(0, 1).unsqueeze(1)


def _first_convolution(networks: Mapping[str, nn.Module], name: str | None) -> nn.Conv2d:
    if name is not None and name not in networks:
        near = get_close_matches(name, networks, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"they are {', '.join(networks)}"
        raise ValueError(f"there is no network named '{name}'; {hint}")
    searched = networks if name is None else {name: networks[name]}
    for network in searched.values():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                return layer
    raise ValueError(f"there is no convolution in {' or '.join(searched)}, so no filters to show")


def _rows(label: str, kernels: Tensor, largest: float) -> Iterator[Row]:
    cells = _framed(_coloured((kernels / largest + 1) / 2))
    for start in range(0, len(cells), _FILTERS_PER_ROW):
        yield Row("" if start else label, "", cells[start : start + _FILTERS_PER_ROW])


def _coloured(
    shades: Float[Tensor, "batch channels height width"],
) -> Float[Tensor, "batch 3 height width"]:
    """Kernels as images: in their own colours, or white for zero where they have none."""
    if shades.shape[1] == _COLOURS:
        return shades
    colours = colormaps[_TWO_SIDED](shades.squeeze(1).numpy())[..., :3]
    return torch.from_numpy(colours).to(torch.float32).permute(0, 3, 1, 2)


def _framed(
    cells: Float[Tensor, "batch 3 height width"],
) -> Float[Tensor, "batch 3 height_pixels width_pixels"]:
    """Every weight as a square, and a line around each kernel."""
    factor = max(1, _SIDE_PIXELS // max(cells.shape[2:]))
    enlarged = F.interpolate(cells, scale_factor=factor, mode="nearest")
    grey = int(RULE[1:3], 16) / 255
    return F.pad(enlarged, (1, 1, 1, 1), value=grey)


def _put_scale(drawing: Drawing, largest: float, shades: str) -> None:
    """A bar above the kernels that says which colour, or how bright a one, is which weight."""
    width, height = drawing.get_size_inches() * drawing.dpi
    left, bar_width, bar_height = 224, 260, 12
    axes = drawing.add_axes(
        (left / width, (height - 24 - bar_height) / height, bar_width / width, bar_height / height)
    )
    axes.imshow(
        np.linspace(-largest, largest, 256)[np.newaxis],
        cmap=shades,
        aspect="auto",
        extent=(-largest, largest, 0, 1),
    )
    calm(axes)
    axes.grid(visible=False)
    axes.set_yticks([])
    axes.set_xticks([-largest, 0, largest])
    axes.xaxis.set_major_formatter("{x:.2f}")
    axes.tick_params(labelsize=8.5, pad=3)
    drawing.text(
        24 / width,
        (height - 24 - bar_height / 2) / height,
        "weight",
        color=MUTED,
        fontsize=8.5,
        va="center",
    )
