"""What the two networks of an adversarial task are trained for."""

from collections.abc import Callable
from typing import Annotated, ClassVar

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from framework import AdversarialObjective

_HALF = 0.5
Images = Float[Tensor, "batch channels height width"]


class NonSaturating(AdversarialObjective):
    """Binary cross entropy of real against generated; the generator wants its images to be real.

    The discriminator's minimum is 2 ln 2 where nothing tells the images apart, less else.

    Source: I. Goodfellow and others, Generative Adversarial Nets, 2014, section 3, with the
    generator's loss that does not saturate; T. Salimans and others, Improved Techniques for
    Training GANs, 2016, section 3.4, for one-sided label smoothing.

    Args:
        label_smoothing: by how much the discriminator's target for real images is less than 1; the
            target for generated images stays 0.
    """

    def __init__(self, *, label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0) -> None:
        self._label_smoothing = label_smoothing

    def discriminator_loss(
        self, real: Float[Tensor, " batch"], generated: Float[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """The sum of both mean cross entropies, in nats."""
        wanted = torch.full_like(real, 1 - self._label_smoothing)
        loss = F.binary_cross_entropy_with_logits(real, wanted)
        return loss + F.softplus(generated).mean()

    def generator_loss(self, generated: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """The mean cross entropy of generated images against real, in nats."""
        return F.softplus(-generated).mean()

    def outputs(self, logits: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        """Probabilities that the images are real."""
        return logits.sigmoid()


class LeastSquares(AdversarialObjective):
    """Squared distance of the logits to 1 for real and 0 for generated images.

    Source: X. Mao and others, Least Squares Generative Adversarial Networks, 2017, equation 2 with
    a = 0 and b = c = 1.
    """

    def discriminator_loss(
        self, real: Float[Tensor, " batch"], generated: Float[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """Half the sum of both mean squared distances."""
        return _HALF * ((real - 1).square().mean() + generated.square().mean())

    def generator_loss(self, generated: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Half the mean squared distance of generated images to 1."""
        return _HALF * (generated - 1).square().mean()


class Hinge(AdversarialObjective):
    """A margin of 1 on both sides, beyond which the discriminator learns nothing more.

    Source: J. H. Lim, J. C. Ye, Geometric GAN, 2017, section 3.
    """

    def discriminator_loss(
        self, real: Float[Tensor, " batch"], generated: Float[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """What is missing to the margin, on average, for real and for generated images."""
        return (1 - real).relu().mean() + (1 + generated).relu().mean()

    def generator_loss(self, generated: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """The mean logit of generated images, negated."""
        return -generated.mean()


class WassersteinGradientPenalty(AdversarialObjective):
    """The distance between the means of the logits, for a discriminator of slope 1.

    The logits have no scale of their own; the discriminator's loss, negated, estimates a distance.

    Source: I. Gulrajani and others, Improved Training of Wasserstein GANs, 2017, algorithm 1. Each
    of a batch's images serves one step of the discriminator, so that the steps on a batch see as
    many images as one would: `batch_size` is `discriminator_steps` times the paper's.

    Args:
        penalty_weight: weight of the squared deviation of the slope from 1.
        discriminator_steps: steps of the discriminator for each of the generator.
    """

    forbids_batch_norm: ClassVar[bool] = True

    def __init__(
        self,
        *,
        penalty_weight: Annotated[float, Field(gt=0)] = 10.0,
        discriminator_steps: Annotated[int, Field(ge=1)] = 5,
    ) -> None:
        self.discriminator_steps = discriminator_steps
        self._penalty_weight = penalty_weight

    def discriminator_loss(
        self, real: Float[Tensor, " batch"], generated: Float[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """The mean logit of generated images less that of real ones."""
        return generated.mean() - real.mean()

    def generator_loss(self, generated: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """The mean logit of generated images, negated."""
        return -generated.mean()

    def penalty(
        self,
        discriminator: Callable[[Images], Float[Tensor, " batch"]],
        real: Images,
        generated: Images,
    ) -> Float[Tensor, ""]:
        """How far the slope is from 1 at random places between real and generated images."""
        is_learning = torch.is_grad_enabled()
        shares = torch.rand(len(real), 1, 1, 1, device=real.device)
        with torch.enable_grad():
            between = torch.lerp(real, generated, shares).detach().requires_grad_()
            total = discriminator(between).sum()
            (slopes,) = torch.autograd.grad(total, between, create_graph=is_learning)
        deviations = slopes.flatten(1).norm(dim=1) - 1
        return self._penalty_weight * deviations.square().mean()
