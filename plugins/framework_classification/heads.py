"""Networks that turn codes into a logit per class."""

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import DataInfo

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
}


class MLPHead(nn.Module):
    """Linear layers from an encoder's code to a logit per class; without any it is a linear probe.

    Args:
        data: how many classes there are.
        encoder: what makes the codes; only the shape of its output counts.
        hidden_dims: number of units of each hidden layer.
        activation: what follows each hidden layer.
        dropout: share of a hidden layer's inputs that is left out in training.

    Raises:
        ValueError: the data have no classes.
    """

    def __init__(
        self,
        data: DataInfo,
        encoder: nn.Module,
        *,
        hidden_dims: tuple[Annotated[int, Field(ge=1)], ...] = (),
        activation: Literal["relu", "gelu", "leaky_relu", "tanh"] = "relu",
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    ) -> None:
        super().__init__()
        if data.num_classes < 2:  # noqa: PLR2004  one class leaves nothing to tell apart
            raise ValueError(f"the data set has {data.num_classes} classes, a head needs two")
        sizes = [_code_size(data, encoder), *hidden_dims]
        layers: list[nn.Module] = [nn.Flatten()]
        for wide, narrow in zip(sizes, hidden_dims, strict=False):
            layers += [nn.Dropout(dropout)] if dropout else []
            layers += [nn.Linear(wide, narrow), _ACTIVATIONS[activation]()]
        layers.append(nn.Linear(sizes[-1], data.num_classes))
        self.layers = nn.Sequential(*layers)

    def forward(self, codes: Float[Tensor, "batch *_"]) -> Float[Tensor, "batch classes"]:
        """Answer logits; codes of any shape are flattened."""
        return self.layers(codes)


@torch.no_grad()
def _code_size(data: DataInfo, encoder: nn.Module) -> int:
    weight = next(encoder.parameters(), torch.zeros(0))
    was_training = encoder.training
    encoder.eval()
    codes = encoder(torch.zeros(1, *data.image_shape, device=weight.device))
    encoder.train(was_training)
    return int(codes.flatten(1).shape[1])
