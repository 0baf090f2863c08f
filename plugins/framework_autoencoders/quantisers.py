"""Networks between an encoder and a decoder that leave only some codes to choose from."""

from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from framework_autoencoders.encoders import AtLeastOne

_UNUSED = 1e-6
"""A share of use that rounding alone may leave."""


class VectorQuantiser(nn.Module):
    """Replaces each group of values of a code by the nearest vector of that group's codebook.

    The codebooks follow the codes by moving averages, one step with each call of `adapt`, and no
    optimizer changes them: each vector is the mean of the codes that chose it lately. A vector that
    is hardly chosen any more is restarted at the code of a random training image.

    Source: A. van den Oord, O. Vinyals, K. Kavukcuoglu, Neural Discrete Representation Learning,
    2017, section 3.2 and appendix A.1. H. Jégou, M. Douze, C. Schmid, Product Quantization for
    Nearest Neighbor Search, 2011, section II.B, for a codebook per group of values where the paper
    has one codebook for all places of an image. P. Dhariwal et al., Jukebox, 2020, section 3, for
    the restarts.

    Args:
        encoder: the built network before it; must state its `latent_dim`.
        num_groups: number of groups that a code is cut into; divides its number of values.
        num_codes: number of vectors in each group's codebook.
        decay: share of the averages that each step leaves as it is.
        min_usage: how often a vector must be chosen lately, as a share of what even use would be,
            to escape a restart; 0 restarts none.

    Attributes:
        codebooks: the vectors, by group and number in the codebook.
        usage: how often each was chosen lately; 1 is as often as even use would be.
        sums: the sum of the codes that chose it lately, in the unit of `usage`.

    Raises:
        ValueError: the encoder states no `latent_dim`, or the groups do not divide it.
    """

    codebooks: Tensor
    usage: Tensor
    sums: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        *,
        num_groups: AtLeastOne = 8,
        num_codes: Annotated[int, Field(ge=2)] = 64,
        decay: Annotated[float, Field(ge=0, lt=1)] = 0.99,
        min_usage: Annotated[float, Field(ge=0, lt=1)] = 0.01,
    ) -> None:
        super().__init__()
        self.latent_dim = _latent_dim(encoder)
        if self.latent_dim % num_groups:
            raise ValueError(
                f"{num_groups} groups do not divide the encoder's latent_dim {self.latent_dim}; "
                f"take a num_groups that does"
            )
        self.num_codes = num_codes
        self._decay = decay
        self._min_usage = min_usage
        shape = (num_groups, num_codes, self.latent_dim // num_groups)
        self.register_buffer("codebooks", torch.randn(shape))
        self.register_buffer("usage", torch.zeros(shape[:2]))
        self.register_buffer("sums", torch.zeros(shape))

    def forward(self, codes: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch latent"]:
        """The quantised codes; gradients pass to `codes` as if nothing had been done to them."""
        chosen = self.choose(codes)
        groups = torch.arange(len(self.codebooks), device=codes.device)
        quantised = self.codebooks[groups, chosen].flatten(1)
        return quantised + (codes - codes.detach())

    @torch.no_grad()
    def choose(self, codes: Float[Tensor, "batch latent"]) -> Int[Tensor, "batch _"]:
        """Which vector of each group's codebook is nearest, by image and group."""
        # without matrix products, whose rounding could move a quantised code to a neighbour
        mode = "donot_use_mm_for_euclid_dist"
        return torch.cdist(self._grouped(codes), self.codebooks, compute_mode=mode).argmin(2).T

    @torch.no_grad()
    def adapt(self, codes: Float[Tensor, "batch latent"]) -> None:
        """Let the codebooks follow the codes of a batch, and restart vectors that are not chosen.

        Random numbers come from torch's global generator.
        """
        vectors = self._grouped(codes)
        chosen = one_hot(self.choose(codes), self.num_codes).permute(1, 2, 0)
        even_share = len(codes) / self.num_codes
        self.usage.lerp_(chosen.sum(2) / even_share, 1 - self._decay)
        self.sums.lerp_(chosen @ vectors / even_share, 1 - self._decay)
        usage = self.usage.unsqueeze(2)
        means = self.sums / usage.clamp(min=_UNUSED)
        self.codebooks.copy_(torch.where(usage > _UNUSED, means, self.codebooks))
        self._restart(vectors)

    def _restart(self, vectors: Float[Tensor, "_ batch _"]) -> None:
        picked = torch.randint(vectors.shape[1], self.usage.shape, device=vectors.device)
        groups = torch.arange(len(vectors), device=vectors.device).unsqueeze(1)
        is_dead = self.usage < self._min_usage
        new = torch.where(is_dead.unsqueeze(2), vectors[groups, picked], self.codebooks)
        self.codebooks.copy_(new)
        self.sums.copy_(torch.where(is_dead.unsqueeze(2), new, self.sums))
        self.usage.masked_fill_(is_dead, 1.0)

    def _grouped(self, codes: Float[Tensor, "batch latent"]) -> Tensor:
        return codes.unflatten(1, (len(self.codebooks), -1)).transpose(0, 1)


def one_hot(chosen: Int[Tensor, "batch _"], num_codes: int) -> Float[Tensor, "batch _ _"]:
    """1 at the vector chosen, 0 at the others, by image, group and vector."""
    return F.one_hot(chosen, num_codes).to(torch.float32)


def _latent_dim(encoder: nn.Module) -> int:
    found = getattr(encoder, "latent_dim", None)
    if isinstance(found, int):
        return found
    raise ValueError(
        f"{type(encoder).__name__} states no latent_dim, so its codes cannot be cut into groups; "
        f"take an encoder that does, such as conv_encoder"
    )
