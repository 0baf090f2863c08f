"""How far two sets of images are apart in the features of a network that was trained here."""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

Images = Float[Tensor, "_ channels height width"]
"""A batch of any size."""


@torch.no_grad()
def frechet_distance(
    judge: Callable[[Tensor], Tensor], some: Iterable[Images], others: Iterable[Images]
) -> float:
    """Distance of two normal distributions that are fitted to the features of images.

    It is not the FID of the literature, whose features are those of an Inception network; values
    under different judges cannot be compared.

    Source: M. Heusel and others, GANs Trained by a Two Time-Scale Update Rule Converge to a Local
    Nash Equilibrium, 2017, section 4.

    Args:
        judge: answers the features of a batch of images.
        some: batches of images.
        others: batches of other images.
    """
    features = _Features(judge)
    distance: FrechetInceptionDistance | None = None
    for batches, is_real in ((some, True), (others, False)):
        for images in batches:
            if distance is None:
                features.num_features = features(images[:1]).shape[1]
                distance = FrechetInceptionDistance(features)
            distance.update(images, real=is_real)
    if distance is None:
        raise ValueError("there are no images to compare")
    return float(distance.compute())


class _Features(nn.Module):
    """A judge as torchmetrics wants it; without a size stated it would try Inception's."""

    num_features = 0

    def __init__(self, judge: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._judge = judge

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch features"]:
        return self._judge(images).flatten(1).cpu()
