"""The task whose target is the image as it was before it was spoilt."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field
from torch import Tensor, nn

from framework import Batch, Loss, Nested
from framework_autoencoders.tasks import ChainNames, Reconstruction

Corruptions = Annotated[tuple[Annotated[Any, Nested("corruption")], ...], Field(min_length=1)]


class Denoising(Reconstruction):
    """Corrupted images pass through a chain of networks and shall come out clean.

    Images are corrupted anew in every training step, and in the same way in every validation.
    Beside denoised against clean, metrics called `noisy/…` measure corrupted against clean.

    Source: P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, Extracting and Composing Robust
    Features with Denoising Autoencoders, 2008, section 2.3; any loss, and any corruption.

    Args:
        networks: the networks by name, in the order of the recipe.
        loss: compares logits with clean images.
        corruptions: what spoils the images, in the order in which it is done to them.
        chain: names of the networks to pass, in order; by default all, as the recipe writes them.

    Raises:
        ValueError: `chain` names a network that does not exist.
    """

    _purpose: ClassVar[str] = "denoise"

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        loss: Loss,
        *,
        corruptions: Corruptions,
        chain: ChainNames | None = None,
    ) -> None:
        super().__init__(networks, loss, chain=chain)
        self._corruptions = corruptions

    def evaluations(self, batch: Batch) -> Mapping[str, tuple[Tensor, Tensor]]:
        """Answer (denoised, clean), and as `noisy` what that is to be compared with."""
        noisy, logits = self._first_pass(batch)
        return {"": (logits.sigmoid(), batch.images), "noisy": (noisy, batch.images)}

    def _inputs(self, images: Tensor) -> Tensor:
        images = images.clone()  # a corruption may work in place, and the target must stay clean
        for corruption in self._corruptions:
            images = corruption(images)
        return images
