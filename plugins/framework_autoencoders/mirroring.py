"""What a network must state of itself so that a decoder can be its mirror."""

from typing import Protocol, runtime_checkable

from torch import nn

from framework_autoencoders.shapes import Shape
from framework_autoencoders.stacks import ActivationName


@runtime_checkable
class Mirrorable(Protocol):
    """What an encoder must state so that it can be mirrored; see `ConvEncoder` for the meaning."""

    image_shape: Shape
    channels: tuple[int, ...]
    kernel_sizes: tuple[int, ...]
    strides: tuple[int, ...]
    paddings: tuple[int, ...]
    hidden_dims: tuple[int, ...]
    latent_dim: int
    activation: ActivationName


def mirrorable(encoder: nn.Module) -> Mirrorable:
    """The encoder as what can be mirrored.

    Raises:
        ValueError: it does not state what a mirror needs; all that is missing is named.
    """
    if isinstance(encoder, Mirrorable):
        return encoder
    missing = [name for name in Mirrorable.__annotations__ if not hasattr(encoder, name)]
    raise ValueError(
        f"{type(encoder).__name__} cannot be mirrored: it does not state {', '.join(missing)}; "
        f"take an encoder that does, such as conv_encoder"
    )
