"""Stacks of layers with an activation function between them."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Literal

from torch import nn

ActivationName = Literal["relu", "gelu", "leaky_relu", "elu", "silu", "tanh"]

NamedLayer = tuple[str, nn.Module]

_ACTIVATIONS: dict[ActivationName, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


def make_activation(activation: ActivationName) -> nn.Module:
    """Make the function of that name."""
    return _ACTIVATIONS[activation]()


def make_stack(layers: Iterable[NamedLayer], activation: ActivationName) -> nn.Sequential:
    """Make a module of named layers, with the activation after every layer of weights but the last.

    Layers without weights, such as dropout, get none.
    """
    return nn.Sequential(OrderedDict(_with_activations(list(layers), activation)))


def _with_activations(layers: list[NamedLayer], activation: ActivationName) -> Iterator[NamedLayer]:
    weighted = [name for name, layer in layers if any(True for _ in layer.parameters())]
    for name, layer in layers:
        yield name, layer
        if name in weighted[:-1]:
            yield f"{name}_activation", make_activation(activation)
