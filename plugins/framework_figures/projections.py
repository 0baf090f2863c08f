"""Codes of any dimension as points in a plane."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

Projection = Literal["auto", "pca", "tsne"]
"""`auto` shows codes of one or two dimensions as they are, and others by principal components."""

_PERPLEXITY = 30.0
_PLANE_DIM = 2


@dataclass(frozen=True)
class Plane:
    """Points in a plane, with what its axes mean.

    Attributes:
        points: one per code.
        axis_labels: of the horizontal and the vertical axis; empty where an axis means nothing.
        method: how codes became points; empty where they are as they were.
    """

    points: Float[np.ndarray, "batch 2"]
    axis_labels: tuple[str, str]
    method: str


def project(codes: Float[np.ndarray, "batch latent"], projection: Projection) -> Plane:
    """Lay codes out in a plane.

    Codes of one dimension are spread at random over the height. Where all are the
    same they stay as they are.

    Source: L. van der Maaten, G. Hinton, Visualizing Data using t-SNE, 2008; started from the
    principal components, perplexity 30 or a third of the points.
    """
    latent_dim = codes.shape[1]
    if latent_dim == 1:
        heights = np.random.default_rng(0).uniform(size=(len(codes), 1))
        return Plane(np.hstack([codes, heights]), ("latent 1", ""), "")
    are_one = not np.ptp(codes, axis=0).any()
    if are_one or (projection == "auto" and latent_dim == _PLANE_DIM):
        return Plane(codes[:, :2], ("latent 1", "latent 2"), "")
    if projection == "tsne":
        return _tsne(codes)
    return _principal_components(codes)


def _principal_components(codes: Float[np.ndarray, "batch latent"]) -> Plane:
    fitted = PCA(n_components=_PLANE_DIM, random_state=0)
    points = fitted.fit_transform(codes)
    shares = enumerate(fitted.explained_variance_ratio_, 1)
    first, second = (f"component {i}: {share:.0%} of the variance" for i, share in shares)
    return Plane(points, (first, second), "PCA")


def _tsne(codes: Float[np.ndarray, "batch latent"]) -> Plane:
    perplexity = min(_PERPLEXITY, max(1.0, (len(codes) - 1) / 3))
    points = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(codes)
    return Plane(points, ("", ""), "t-SNE")
