"""A task in one file that offers operations of every kind, for tests of using trained runs."""

from collections.abc import Callable, Iterator, Mapping

from torch import Tensor, nn

from framework import SINGLE_OPTIMIZER, Batch, Loss, Operation, Task, hookimpl


class Versatile(Task):
    """Reconstructs, takes the first values of a code for classes, and whatever else tests need."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, loss: Loss) -> None:
        self._encoder, self._decoder, self._loss = encoder, decoder, loss

    def losses(self, batch: Batch) -> Iterator[tuple[str, Tensor]]:
        """Yield the reconstruction loss."""
        yield SINGLE_OPTIMIZER, self._loss(self._decoder(self._encoder(batch.images)), batch.images)

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (reconstructions, images)."""
        return self._reconstruct(batch.images), batch.images

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """Plain functions, what they cannot say of themselves, and broken ones."""
        return {
            "encode": self._encoder,
            "decode": Operation(self._decode, takes="codes", answers="images"),
            "reconstruct": self._reconstruct,
            "classify": Operation(self._classify, answers="probabilities"),
            "generate": Operation(self._decode, takes="noise", answers="images"),
            "rank": Operation(lambda noise: noise.sum(1), "noise", shape=(2,)),
            "brightness": lambda images: images.flatten(1).mean(1),
            "forget": Operation(lambda images: images[1:], answers="images"),
            "look_at_values": lambda images: images if images.sum() > 0 else -images,
        }

    def _reconstruct(self, images: Tensor) -> Tensor:
        return self._decode(self._encoder(images))

    def _decode(self, codes: Tensor) -> Tensor:
        return self._decoder(codes).sigmoid()

    def _classify(self, images: Tensor) -> Tensor:
        return self._encoder(images)[:, :4].softmax(1)


@hookimpl
def provide_tasks() -> Mapping[str, type[Task]]:
    """The task."""
    return {"versatile": Versatile}
