"""The task whose codes are made of the vectors of codebooks."""

from collections.abc import Iterator
from typing import Annotated

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from framework import SINGLE_OPTIMIZER, Batch, Loss
from framework_autoencoders.autoencoding import Autoencoding
from framework_autoencoders.quantisers import VectorQuantiser, one_hot


class VectorQuantised(Autoencoding):
    """Images are reconstructed from quantised codes, and codes shall stay near the quantised ones.

    The loss is the reconstruction's plus `commitment` times the mean squared distance, per value
    of the code, from the codes to the quantised ones. The codebooks follow after each step of the
    optimizer, or where a batch is carried through in parts, as many times as there are parts.

    Codes that are decoded are quantised before, so that whatever is seen is what the codebooks can
    express. There is no `generate`: images need a model of which vectors go together.

    Terms: `reconstruction` and `commitment`, the summands before they are weighted; `perplexity`,
    the number of vectors per group that the batch would choose if it chose as evenly as it does
    among them, between 1 and the size of a codebook; `used_codes_fraction`, the share of all
    vectors that the batch chooses at all. The last two are means over groups and no larger than
    the batch allows.

    Source: A. van den Oord, O. Vinyals, K. Kavukcuoglu, Neural Discrete Representation Learning,
    2017, section 3.2, equation 3, and appendix A.1 for codebooks that follow by averages.

    Args:
        encoder: turns images into codes.
        quantiser: quantises codes.
        decoder: turns quantised codes into logits of images.
        loss: compares logits with images.
        commitment: weight of the distance.

    Raises:
        ValueError: the quantiser is no `vector_quantiser`, or the loss scores several passes.
    """

    def __init__(
        self,
        encoder: nn.Module,
        quantiser: nn.Module,
        decoder: nn.Module,
        loss: Loss,
        *,
        commitment: Annotated[float, Field(ge=0)] = 0.25,
    ) -> None:
        super().__init__(encoder, decoder, loss)
        if not isinstance(quantiser, VectorQuantiser):
            raise ValueError(  # noqa: TRY004  the recipe's mistake
                f"{type(quantiser).__name__} has no codebooks; take a vector_quantiser"
            )
        self._quantiser = quantiser
        self._commitment = commitment

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the reconstruction loss and what the code costs; then the codebooks follow."""
        codes = self._encoder(batch.images)
        quantised = self._quantiser(codes)
        reconstruction = self._reconstruction_loss(quantised, batch.images)
        commitment = F.mse_loss(codes, quantised.detach())
        perplexity, used_codes_fraction = usage_of(
            self._quantiser.choose(codes), self._quantiser.num_codes
        )
        self._terms = {
            "reconstruction": reconstruction.detach(),
            "commitment": commitment.detach(),
            "perplexity": perplexity,
            "used_codes_fraction": used_codes_fraction,
        }
        yield SINGLE_OPTIMIZER, reconstruction + self._commitment * commitment
        if self._quantiser.training:
            self._quantiser.adapt(codes.detach())

    def _encode(self, images: Tensor) -> Tensor:
        return self._quantiser(self._encoder(images))

    def _decode(self, codes: Tensor) -> Tensor:
        return super()._decode(self._quantiser(codes))


def usage_of(
    chosen: Int[Tensor, "batch _"], num_codes: int
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Perplexity of the choices in a batch, and share of the vectors chosen, as means over groups.

    Args:
        chosen: the vector chosen, by image and group.
        num_codes: number of vectors in each group's codebook.
    """
    shares = one_hot(chosen, num_codes).mean(0)
    entropies = -shares.xlogy(shares).sum(1)
    return entropies.exp().mean(), (shares > 0).to(shares.dtype).mean()
