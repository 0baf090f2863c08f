"""New images: codes drawn from a density that was fitted to those of training images."""

import warnings
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure as Drawing
from pydantic import Field
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from framework import Figure, FinishedRun
from framework_figures.image_rows import Row, draw_rows
from framework_figures.latent_space import LatentSpace
from framework_figures.nearest_images import nearest_training_images

Density = Literal["gaussian", "mixture", "standard_normal"]


class CodeSamples(Figure):
    """Images decoded from codes that no image has, each above the most similar training image.

    A density is fitted to the codes of training images, and codes are drawn from it. Below each
    image stands the training image nearest in squared pixel distance: where both are the same, the
    network has learnt by heart. Beside these stands their mean squared distance.

    Args:
        densities: what codes are drawn from: `gaussian`, one normal distribution with full
            covariance; `mixture`, several of these; `standard_normal`, which needs no fit and is
            the prior of a variational autoencoder.
        num_components: number of normal distributions in the mixture.
        num_images: number of images drawn from each density.
        num_fitted: at most so many training images, drawn at random, whose codes are fitted.
    """

    def __init__(
        self,
        *,
        densities: Annotated[tuple[Density, ...], Field(min_length=1)] = ("gaussian", "mixture"),
        num_components: Annotated[int, Field(ge=2)] = 20,
        num_images: Annotated[int, Field(ge=1)] = 10,
        num_fitted: Annotated[int, Field(ge=2)] = 10_000,
    ) -> None:
        self._densities = densities
        self._num_components = num_components
        self._num_images = num_images
        self._num_fitted = num_fitted

    def draw(self, run: FinishedRun) -> Drawing:
        """Draw two rows for each density, always the same ones.

        Raises:
            ValueError: the run's task cannot encode and decode.
        """
        return draw_rows(list(self._rows(run)), run.data.value_range)

    def _rows(self, run: FinishedRun) -> Iterator[Row]:
        space = LatentSpace(run, needs=("encode", "decode"))
        codes = space.encode("train", at_most=self._num_fitted)
        for density in self._densities:
            drawn = self._drawn(density, codes.values.double().numpy())
            images = space.decode(torch.from_numpy(drawn).float())
            nearest = nearest_training_images(run, images)
            distance = (images - nearest).square().mean().item()
            yield Row(*self._label(density, len(codes.values)), images)
            yield Row("nearest in training", f"MSE {distance:.3g}", nearest)

    def _drawn(
        self, density: Density, codes: Float[np.ndarray, "batch latent"]
    ) -> Float[np.ndarray, "_ latent"]:
        if density == "standard_normal":
            return np.random.default_rng(0).standard_normal((self._num_images, codes.shape[1]))
        num_components = min(self._num_components, len(codes)) if density == "mixture" else 1
        mixture = GaussianMixture(num_components, reg_covar=1e-4, random_state=0)
        with warnings.catch_warnings():
            # a fit that has not settled is a density all the same
            warnings.simplefilter("ignore", ConvergenceWarning)
            drawn, _ = mixture.fit(codes).sample(self._num_images)
        return drawn

    def _label(self, density: Density, num_codes: int) -> tuple[str, str]:
        match density:
            case "gaussian":
                return "Gaussian", f"fit to {num_codes:,} codes"
            case "mixture":
                num_components = min(self._num_components, num_codes)
                return f"{num_components} Gaussians", f"fit to {num_codes:,} codes"
            case "standard_normal":
                return "standard normal", "the prior"
