"""Losses between logits and classes."""

from typing import Annotated

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from framework import Loss


class CrossEntropy(Loss):
    """Mean cross entropy between the softmax of the logits and the classes.

    Source: C. Szegedy et al., Rethinking the Inception Architecture, 2016, section 7, for the
    smoothing of labels.

    Args:
        label_smoothing: share of each target that is spread over all classes.
    """

    def __init__(self, *, label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(
        self, prediction: Float[Tensor, "batch classes"], target: Int[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """The mean over images; `prediction` are logits."""
        return F.cross_entropy(prediction, target, label_smoothing=self.label_smoothing)


class NegativeLogLikelihood(Loss):
    """Mean negative logarithm of the probability of the right class, by way of log-softmax.

    The same number as `cross_entropy` without smoothing, for those who write it in two steps.
    """

    def forward(
        self, prediction: Float[Tensor, "batch classes"], target: Int[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """The mean over images; `prediction` are logits."""
        return F.nll_loss(F.log_softmax(prediction, dim=1), target)
