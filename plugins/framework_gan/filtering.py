"""Generated images passed through an autoencoder, which knows what real ones look like."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import Batch, Operation, Task, choose_chain, pass_through
from framework_gan.adversarial import latent_dim_of


class FilteredGeneration(Task):
    """A generator makes images of noise, and an autoencoder makes them more like real ones.

    Nothing is trained: all networks come from other recipes. What metrics measure is how well the
    autoencoder reconstructs real images.

    Args:
        networks: the networks by name.
        generator: makes images of noise; it states `latent_dim`, the number of values of noise.
        chain: names of the networks that filter, whose last answers logits.
        judge: name of the network whose answers to images are compared, as features, between
            generated and real images; None compares nothing.

    Raises:
        ValueError: the generator does not state `latent_dim`, or a network does not exist.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        generator: nn.Module,
        *,
        chain: Annotated[tuple[str, ...], Field(min_length=1)] = ("encoder", "decoder"),
        judge: str | None = None,
    ) -> None:
        self._generator, self._latent_dim = generator, latent_dim_of(generator)
        self._chain = list(choose_chain(networks, chain).values())
        self._judge = None if judge is None else choose_chain(networks, [judge])[judge]

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:  # noqa: ARG002
        """Yield nothing: there is nothing to train."""
        return iter(())

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (filtered real images, real images)."""
        return self._filter(batch.images), batch.images

    def operations(self) -> Mapping[str, Operation]:
        """`generate`, `filter`, both one after the other, and `judge`, if there is one."""

        def generate_filtered(noise: Tensor) -> Tensor:
            return self._filter(self._generator(noise))

        shape = (self._latent_dim,)
        found = {
            "generate": Operation(self._generator, "noise", "images", shape),
            "filter": Operation(self._filter, "images", "images"),
            "generate_filtered": Operation(generate_filtered, "noise", "images", shape),
        }
        if self._judge is None:
            return found
        return found | {"judge": Operation(self._judge, "images", "codes")}

    def _filter(self, images: Tensor) -> Tensor:
        return pass_through(self._chain, images).sigmoid()
