"""The images that the codes of a plane stand for."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator
from pydantic import Field
from sklearn.decomposition import PCA
from torch import Tensor

from framework import Figure, FinishedRun
from framework_figures.image_rows import make_cells
from framework_figures.latent_space import LatentSpace
from framework_figures.style import MUTED, make_drawing

_SIDE_PIXELS = 900
_LEFT_PIXELS, _BOTTOM_PIXELS = 110, 84
_RIGHT_PIXELS, _TOP_PIXELS = 24, 48
_PLANE_DIM = 2
_SHOWN_PERCENTILES = (5, 95)


@dataclass(frozen=True)
class _Plane:
    """A plane through codes; a code is `origin + x * directions[0] + y * directions[1]`.

    Attributes:
        origin: the code where both coordinates are 0.
        directions: the codes of one step along each axis.
        names: what the two coordinates are.
        note: how much of the codes the plane shows.
    """

    origin: Float[np.ndarray, " latent"]
    directions: Float[np.ndarray, "2 latent"]
    names: tuple[str, str]
    note: str


class LatentGrid(Figure):
    """A grid of codes, decoded: how images change across the latent plane.

    Where a code has two values, they are the plane. Where it has more, the plane is that of the
    first two principal components of the codes of training images, through their mean; the picture
    says so, with the share of the variance that lies in it. The grid reaches from the fifth to the
    95th percentile of the training images in both directions.

    Args:
        num_steps: number of images along each side.
        num_fitted: at most so many training images, drawn at random, that the plane and its bounds
            are taken from.
    """

    def __init__(
        self,
        *,
        num_steps: Annotated[int, Field(ge=2, le=50)] = 15,
        num_fitted: Annotated[int, Field(ge=2)] = 10_000,
    ) -> None:
        self._num_steps = num_steps
        self._num_fitted = num_fitted

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw the grid; a pixel of an image is a square of whole pixels of the picture.

        Raises:
            ValueError: the run's task cannot encode and decode, or a code has only one value.
        """
        space = LatentSpace(run, needs=("encode", "decode"))
        codes = space.encode("train", at_most=self._num_fitted).values.numpy()
        plane = _plane_of(codes)
        coordinates = (codes - plane.origin) @ plane.directions.T
        low, high = np.percentile(coordinates, _SHOWN_PERCENTILES, axis=0)
        columns, rows = np.linspace(low, high, self._num_steps).T
        grid = np.stack(np.meshgrid(columns, rows[::-1]), axis=-1).reshape(-1, _PLANE_DIM)
        images = space.decode(torch.from_numpy(plane.origin + grid @ plane.directions).float())
        mosaic = _mosaic(images, self._num_steps, run.data.value_range)
        return _drawn(mosaic, plane, columns, rows)


def _plane_of(codes: Float[np.ndarray, "batch latent"]) -> _Plane:
    latent_dim = codes.shape[1]
    if latent_dim < _PLANE_DIM:
        raise ValueError("codes of one value span no plane; take a latent_dim of two or more")
    if latent_dim == _PLANE_DIM:
        return _Plane(np.zeros(2), np.eye(2), ("latent 1", "latent 2"), "latent plane")
    components = PCA(_PLANE_DIM, svd_solver="full").fit(codes)
    share = components.explained_variance_ratio_.sum()
    note = f"first two principal components of {latent_dim} values, {share:.0%} of their variance"
    names = ("first component", "second component")
    return _Plane(components.mean_, components.components_, names, note)


def _mosaic(
    images: Float[Tensor, "batch channels height width"],
    num_steps: int,
    value_range: tuple[float, float],
) -> UInt8[np.ndarray, "_ _ 3"]:
    cells = make_cells(images, value_range, side_pixels=_SIDE_PIXELS // num_steps)
    rows = cells.unflatten(0, (num_steps, num_steps)).permute(
        0, 3, 1, 4, 2
    )  # row y column x colour
    return rows.flatten(0, 1).flatten(1, 2).numpy()


def _drawn(
    mosaic: UInt8[np.ndarray, "_ _ 3"],
    plane: _Plane,
    columns: Float[np.ndarray, " _"],
    rows: Float[np.ndarray, " _"],
) -> Drawing:
    height, width, _ = mosaic.shape
    full = (_LEFT_PIXELS + width + _RIGHT_PIXELS, _BOTTOM_PIXELS + height + _TOP_PIXELS)
    drawing = make_drawing(*full)
    drawing.figimage(mosaic, _LEFT_PIXELS, _BOTTOM_PIXELS, origin="upper")
    left, bottom = _LEFT_PIXELS / full[0], _BOTTOM_PIXELS / full[1]
    axes = drawing.add_axes((left, bottom, width / full[0], height / full[1]), facecolor="none")
    axes.set_frame_on(False)
    axes.set_xlim(*_edges(columns))
    axes.set_ylim(*_edges(rows))
    for axis, name in zip((axes.xaxis, axes.yaxis), plane.names, strict=True):
        axis.set_major_locator(MaxNLocator(nbins=6))
        axis.set_label_text(name, color=MUTED, fontsize=10)
    axes.tick_params(length=3, color=MUTED, labelsize=9, labelcolor=MUTED)
    axes.set_title(plane.note, loc="left", color=MUTED, fontsize=10, pad=9)
    return drawing


def _edges(centres: Float[np.ndarray, " _"]) -> tuple[float, float]:
    """Where images begin and end whose centres are at these coordinates."""
    half = (centres[1] - centres[0]) / 2
    return centres[0] - half, centres[-1] + half
