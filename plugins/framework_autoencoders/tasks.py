"""Tasks whose target is the image itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, ClassVar

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import SINGLE_OPTIMIZER, Batch, Loss, Operation, Task, choose_chain, pass_through

ChainNames = Annotated[tuple[str, ...], Field(min_length=1)]


class Reconstruction(Task):
    """Images pass through a chain of networks and shall come out as they went in.

    The last network answers logits, whose sigmoid is the image; the loss sees the logits. For a
    loss of several passes each reconstruction is fed back through the chain, and the loss sees the
    logits of all passes; what is measured beside the loss is the first.

    Args:
        networks: the networks by name, in the order of the recipe.
        loss: compares logits with images.
        chain: names of the networks to pass, in order; by default all, as the recipe writes them.

    Raises:
        ValueError: `chain` names a network that does not exist.
    """

    _purpose: ClassVar[str] = "reconstruct"

    def __init__(
        self, networks: Mapping[str, nn.Module], loss: Loss, *, chain: ChainNames | None = None
    ) -> None:
        chosen = choose_chain(networks, chain)
        self._names = tuple(chosen)
        self._chain = list(chosen.values())
        self._loss = loss
        self._num_passes: int = getattr(loss, "num_passes", 1)
        self._kept: tuple[Batch, Tensor, Tensor] | None = None

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the reconstruction loss of the batch.

        Raises:
            ValueError: the chain does not end in the shape of the images.
        """
        inputs = self._inputs(batch.images)
        passes = self._passes(inputs)
        # metrics of the same batch come next; without this a validation would cost twice the passes
        in_training = passes[0].requires_grad or any(each.training for each in self._chain)
        self._kept = None if in_training else (batch, inputs, passes[0])
        prediction = passes if self._num_passes > 1 else passes[0]
        yield SINGLE_OPTIMIZER, self._loss(prediction, batch.images)

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (reconstructions, images)."""
        _, logits = self._first_pass(batch)
        return logits.sigmoid(), batch.images

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """`reconstruct`, and, where the chain has two networks or more, `encode` and `decode`."""
        whole = {self._purpose: self._reconstruct}
        if len(self._chain) == 1:
            return whole
        decode = Operation(self._decode, takes="codes", answers="images")
        return {"encode": self._chain[0], "decode": decode, **whole}

    def _inputs(self, images: Tensor) -> Tensor:
        """What enters the chain in the place of images."""
        return images

    def _first_pass(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What entered the chain, and the logits of the first pass."""
        kept, self._kept = self._kept, None
        if kept and kept[0] is batch:
            return kept[1], kept[2]
        inputs = self._inputs(batch.images)
        return inputs, self._logits(inputs)

    def _passes(self, inputs: Tensor) -> tuple[Tensor, ...]:
        logits = self._logits(inputs)
        if logits.shape != inputs.shape:
            raise ValueError(
                f"the chain {' -> '.join(self._names)} turns images of {_written(inputs)} "
                f"into {_written(logits)}; its last network must answer the images' shape"
            )
        passes = [logits]
        while len(passes) < self._num_passes:
            passes.append(self._logits(passes[-1].sigmoid()))
        return tuple(passes)

    def _logits(self, images: Tensor) -> Tensor:
        return pass_through(self._chain, images)

    def _reconstruct(self, images: Tensor) -> Tensor:
        return self._logits(images).sigmoid()

    def _decode(self, codes: Tensor) -> Tensor:
        return pass_through(self._chain[1:], codes).sigmoid()


def _written(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape[1:]))
