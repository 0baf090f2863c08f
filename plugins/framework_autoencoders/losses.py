"""Reconstruction losses: logits against images, stable however large the logits are."""

from typing import Annotated, Any, ClassVar

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from framework import Loss, Nested


class MeanSquaredError(Loss):
    """Mean squared difference per pixel between the sigmoid of the logits and the image."""

    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def forward(
        self,
        prediction: Float[Tensor, "batch channels height width"],
        target: Float[Tensor, "batch channels height width"],
    ) -> Float[Tensor, ""]:
        """The mean over images and pixels; `prediction` are logits."""
        return F.mse_loss(prediction.sigmoid(), target)


class BinaryCrossEntropy(Loss):
    """Mean cross entropy per pixel, whose grey level is taken as its probability of being lit.

    Where pixels are grey its minimum is their mean entropy, not 0.
    """

    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def forward(
        self,
        prediction: Float[Tensor, "batch channels height width"],
        target: Float[Tensor, "batch channels height width"],
    ) -> Float[Tensor, ""]:
        """The mean over images and pixels, in nats; `prediction` are logits."""
        return F.binary_cross_entropy_with_logits(prediction, target)


class IterativeReconstruction(Loss):
    """Errors of the reconstruction, of its own reconstruction, and so on, added up.

    Every pass is compared with the image that came first. What range of targets it takes, the loss
    of one pass says.

    Source: A. Lovo, NNDL: Homework 2, Unsupervised Deep Learning, 2021, section 2.2.

    Args:
        base: the loss of one pass.
        num_passes: number of passes; each is fed with the reconstruction of the one before.
        weights: weight of each pass in the sum; by default all are 1.

    Raises:
        ValueError: there is not one weight for each pass, or `base` has several passes itself.
    """

    def __init__(
        self,
        *,
        base: Annotated[Any, Nested("loss")] = "mse",
        num_passes: Annotated[int, Field(ge=1)] = 3,
        weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None,
    ) -> None:
        super().__init__()
        if weights is not None and len(weights) != num_passes:
            raise ValueError(
                f"{len(weights)} weights for {num_passes} passes; write one for each pass"
            )
        if getattr(base, "num_passes", 1) > 1:
            raise ValueError("its base scores several passes itself; choose a loss of one pass")
        self.base = base
        self.num_passes = num_passes
        self._weights = weights or (1.0,) * num_passes

    def forward(
        self,
        prediction: Float[Tensor, "batch channels height width"]
        | tuple[Float[Tensor, "batch channels height width"], ...],
        target: Float[Tensor, "batch channels height width"],
    ) -> Float[Tensor, ""]:
        """The weighted sum over passes; `prediction` are the logits of each, or of the only one."""
        passes = prediction if isinstance(prediction, tuple) else (prediction,)
        terms = [
            weight * self.base(logits, target)
            for weight, logits in zip(self._weights, passes, strict=True)
        ]
        return torch.stack(terms).sum()
