"""Tasks whose target is the image itself."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import SINGLE_OPTIMIZER, Batch, Loss, Task

ChainNames = Annotated[tuple[str, ...], Field(min_length=1)]


class Reconstruction(Task):
    """Images pass through a chain of networks and shall come out as they went in.

    The last network answers logits, whose sigmoid is the image; the loss sees the logits.

    Args:
        networks: the networks by name, in the order of the recipe.
        loss: compares logits with images.
        chain: names of the networks to pass, in order; by default all, as the recipe writes them.

    Raises:
        ValueError: `chain` names a network that does not exist.
    """

    def __init__(
        self, networks: Mapping[str, nn.Module], loss: Loss, *, chain: ChainNames | None = None
    ) -> None:
        names = tuple(networks) if chain is None else chain
        unknown = [name for name in names if name not in networks]
        if unknown:
            raise ValueError("; ".join(_unknown(name, list(networks)) for name in unknown))
        self._names = names
        self._chain = [networks[name] for name in names]
        self._loss = loss
        self._kept: tuple[Batch, Tensor] | None = None

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the reconstruction loss of the batch.

        Raises:
            ValueError: the chain does not end in the shape of the images.
        """
        logits = self._logits(batch.images)
        if logits.shape != batch.images.shape:
            raise ValueError(
                f"the chain {' -> '.join(self._names)} turns images of {_written(batch.images)} "
                f"into {_written(logits)}; its last network must answer the images' shape"
            )
        # metrics of the same batch come next; without this a validation would cost two passes
        in_training = logits.requires_grad or any(network.training for network in self._chain)
        self._kept = None if in_training else (batch, logits)
        yield SINGLE_OPTIMIZER, self._loss(logits, batch.images)

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (reconstructions, images)."""
        kept, self._kept = self._kept, None
        logits = kept[1] if kept and kept[0] is batch else self._logits(batch.images)
        return logits.sigmoid(), batch.images

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """`reconstruct`, and, where the chain has two networks or more, `encode` and `decode`."""
        if len(self._chain) == 1:
            return {"reconstruct": self._reconstruct}
        encoder = self._chain[0]
        return {"encode": encoder, "decode": self._decode, "reconstruct": self._reconstruct}

    def _logits(self, images: Tensor) -> Tensor:
        return _pass_through(self._chain, images)

    def _reconstruct(self, images: Tensor) -> Tensor:
        return self._logits(images).sigmoid()

    def _decode(self, codes: Tensor) -> Tensor:
        return _pass_through(self._chain[1:], codes).sigmoid()


def _pass_through(networks: list[nn.Module], values: Tensor) -> Tensor:
    for network in networks:
        values = network(values)
    return values


def _written(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape[1:]))


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"the networks are {', '.join(known)}"
    return f"the chain names '{name}', which is no network of this recipe; {hint}"
