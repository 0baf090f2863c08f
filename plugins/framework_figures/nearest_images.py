"""Which training images are most like some others, pixel by pixel."""

import torch
from jaxtyping import Float
from torch import Tensor

from framework import FinishedRun
from framework_figures.latent_space import portions_of


def nearest_training_images(
    run: FinishedRun, images: Float[Tensor, "batch channels height width"]
) -> Float[Tensor, "batch channels height width"]:
    """The training image with the smallest squared distance to each image, on the CPU."""
    wanted = images.flatten(1)
    nearest = torch.empty_like(images)
    distances = torch.full((len(images),), torch.inf)
    for portion in portions_of(run, "train", range(len(run.train_set))):
        candidates = portion.images.cpu()
        found, places = torch.cdist(wanted, candidates.flatten(1)).min(1)
        is_nearer = found < distances
        distances = torch.where(is_nearer, found, distances)
        nearest[is_nearer] = candidates[places[is_nearer]]
    return nearest
