"""The task whose codes are drawn from a distribution that is kept near a normal one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import SINGLE_OPTIMIZER, Batch, Loss, Operation
from framework_autoencoders.autoencoding import Autoencoding
from framework_autoencoders.bottlenecks import GaussianBottleneck


class Variational(Autoencoding):
    """Images are reconstructed from noisy codes, and the codes shall be standard normal.

    The loss is the reconstruction's plus `beta` times the Kullback-Leibler divergence from the
    standard normal distribution to that of an image's code, divided by the number of values in an
    image, because a reconstruction loss is a mean over these. So with `bce` and `beta` 1 it is the
    negative evidence lower bound in nats per value, from one draw of the code; with `mse`, a
    `beta` of twice the variance of normal noise in the pixels makes it proportional to the bound
    for such noise: 0.02 for a standard deviation of 0.1. There, 1 is too much for any image.

    In validation the loss is the same, with the same draws every epoch; what is measured beside
    it, and all that is used later, takes the mean instead of a draw.

    Terms: `reconstruction`, the loss of that name; `kl_divergence`, in nats per image.

    Source: D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, sections 2.3, 2.4 and
    appendix B. I. Higgins et al., beta-VAE, 2017, section 2, for `beta`.

    Args:
        encoder: turns images into features.
        bottleneck: turns features into means and logarithms of variances of codes.
        decoder: turns codes into logits of images.
        loss: compares logits with images.
        beta: weight of the divergence.

    Raises:
        ValueError: the bottleneck is no `gaussian_bottleneck`, or the loss scores several passes.
    """

    def __init__(
        self,
        encoder: nn.Module,
        bottleneck: nn.Module,
        decoder: nn.Module,
        loss: Loss,
        *,
        beta: Annotated[float, Field(ge=0)] = 1.0,
    ) -> None:
        super().__init__(encoder, decoder, loss)
        if not isinstance(bottleneck, GaussianBottleneck):
            raise ValueError(  # noqa: TRY004  the recipe's mistake
                f"{type(bottleneck).__name__} answers no distribution of codes; take a "
                f"gaussian_bottleneck"
            )
        self._bottleneck = bottleneck
        self._beta = beta

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the reconstruction loss of one draw of the codes, and what the code costs."""
        mean, log_variance = self._bottleneck.moments(self._encoder(batch.images))
        codes = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        reconstruction = self._reconstruction_loss(codes, batch.images)
        divergence = divergence_from_standard_normal(mean, log_variance)
        self._terms = {
            "reconstruction": reconstruction.detach(),
            "kl_divergence": divergence.detach(),
        }
        num_values = batch.images[0].numel()
        yield SINGLE_OPTIMIZER, reconstruction + self._beta * divergence / num_values

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """`encode` to the mean, `decode`, `reconstruct`, and `generate` from the prior."""
        shape = (self._bottleneck.latent_dim,)
        generate = Operation(self._decode, takes="noise", answers="images", shape=shape)
        return {**super().operations(), "generate": generate}

    def _encode(self, images: Tensor) -> Tensor:
        return self._bottleneck(self._encoder(images))


def divergence_from_standard_normal(
    mean: Float[Tensor, "batch latent"], log_variance: Float[Tensor, "batch latent"]
) -> Float[Tensor, ""]:
    """The Kullback-Leibler divergence of normal codes, in nats per image, as a mean over a batch.

    Source: D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, appendix B.
    """
    per_value = (mean.square() + log_variance.exp() - 1 - log_variance) / 2
    return per_value.sum(1).mean()
