"""Reconstruction losses: logits against images, stable however large the logits are."""

from typing import ClassVar

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from framework import Loss


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
