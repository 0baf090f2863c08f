"""What tasks share whose images pass an encoder, a bottleneck and a decoder."""

from abc import abstractmethod
from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor, nn

from framework import Batch, Loss, Operation, Task


class Autoencoding(Task):
    """Images are encoded, decoded, and shall come out as they went in.

    The decoder answers logits, whose sigmoid is the image; the loss sees the logits. What the
    bottleneck costs beside the reconstruction, a child decides.

    Args:
        encoder: turns images into what the bottleneck takes.
        decoder: turns codes into logits of images.
        loss: compares logits with images, in one pass.

    Raises:
        ValueError: the loss scores several passes.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, loss: Loss) -> None:
        num_passes = getattr(loss, "num_passes", 1)
        if num_passes > 1:
            raise ValueError(
                f"the loss scores {num_passes} passes, and a code that is penalised is made in "
                f"one; choose a loss of one pass, such as bce"
            )
        self._encoder = encoder
        self._decoder = decoder
        self._loss = loss
        self._terms: Mapping[str, Float[Tensor, ""]] = {}

    def terms(self) -> Mapping[str, Float[Tensor, ""]]:
        """What the last loss is made of, and how the code is used."""
        return self._terms

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (reconstructions, images), without noise."""
        return self._reconstruct(batch.images), batch.images

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """`encode`, `decode` and `reconstruct`, without noise."""
        return {
            "encode": self._encode,
            "decode": Operation(self._decode, takes="codes", answers="images"),
            "reconstruct": self._reconstruct,
        }

    @abstractmethod
    def _encode(self, images: Tensor) -> Tensor:
        """The codes of images, as the bottleneck answers them."""

    def _decode(self, codes: Tensor) -> Tensor:
        return self._decoder(codes).sigmoid()

    def _reconstruct(self, images: Tensor) -> Tensor:
        return self._decode(self._encode(images))

    def _reconstruction_loss(self, codes: Tensor, images: Tensor) -> Float[Tensor, ""]:
        logits = self._decoder(codes)
        if logits.shape != images.shape:
            raise ValueError(
                f"the decoder answers {_written(logits)} for images of {_written(images)}; "
                f"take one that answers the images' shape"
            )
        return self._loss(logits, images)


def _written(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape[1:]))
