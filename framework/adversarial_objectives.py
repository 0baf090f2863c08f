"""What a discriminator and a generator are trained for: a contract of the core with plugins."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

Discriminator = Callable[[Float[Tensor, "batch channels height width"]], Float[Tensor, " batch"]]
"""Images → logits: how real each of them looks."""


class AdversarialObjective(ABC):
    """The losses of two networks that are trained against each other, from logits.

    Attributes:
        discriminator_steps: how many steps the discriminator takes for each of the generator, every
            one on its own share of a batch.
        forbids_batch_norm: whether the discriminator has to judge each image for itself.
    """

    discriminator_steps: int = 1
    forbids_batch_norm: ClassVar[bool] = False

    @abstractmethod
    def discriminator_loss(
        self, real: Float[Tensor, " batch"], generated: Float[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """What the discriminator minimises, from its logits of real and of generated images."""

    @abstractmethod
    def generator_loss(self, generated: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """What the generator minimises, from the discriminator's logits of its images."""

    def penalty(
        self,
        discriminator: Discriminator,  # noqa: ARG002
        real: Float[Tensor, "batch channels height width"],  # noqa: ARG002
        generated: Float[Tensor, "batch channels height width"],  # noqa: ARG002
    ) -> Float[Tensor, ""] | None:
        """A term of the discriminator's loss that needs the discriminator; None is no such term.

        It is asked for in validation too, where gradients are off: a penalty on gradients switches
        them on for itself.
        """
        return None

    def outputs(self, logits: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        """Logits as what they stand for, such as probabilities; they are logged as means."""
        return logits
