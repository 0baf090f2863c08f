"""How the weights of a stack of layers are drawn."""

from math import sqrt
from typing import Literal

from torch import nn

from framework_autoencoders.stacks import ActivationName

InitializationName = Literal["he", "torch"]

_WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
_TANH_GAIN = 5 / 3


def draw_weights(
    stack: nn.Sequential, activation: ActivationName, initialization: InitializationName
) -> None:
    """Draw the weights of a stack whose layers have `activation` between them.

    With `he`, signals keep their size through layers of rectifiers, and biases start at zero; with
    PyTorch's own choice (`torch`) they shrink by the square root of 6 a layer, and autoencoders
    lose their first epochs to growing them back.

    Source: K. He, X. Zhang, S. Ren, J. Sun, Delving Deep into Rectifiers, 2015, section 2.2,
    equation 10; uniform instead of normal, and for transposed convolutions the inputs that reach
    one output are counted, a share of 1 / stride² of the kernel.
    """
    if initialization == "torch":
        return
    layers = [layer for layer in stack if isinstance(layer, _WEIGHTED)]
    for layer in layers:
        gain = 1.0 if layer is layers[-1] else _gain(activation)
        bound = gain * sqrt(3 / _num_inputs(layer))
        nn.init.uniform_(layer.weight, -bound, bound)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _gain(activation: ActivationName) -> float:
    return _TANH_GAIN if activation == "tanh" else sqrt(2)


def _num_inputs(layer: nn.Module) -> float:
    """How many inputs one output of a layer is a sum of, on average."""
    match layer:
        case nn.ConvTranspose2d(weight=weight, stride=stride):
            reached = weight.shape[0] * weight.shape[2] * weight.shape[3]
            return float(reached / (stride[0] * stride[1]))
        case nn.Conv2d(weight=weight) | nn.Linear(weight=weight):
            return float(weight[0].numel())
    raise TypeError(f"{type(layer).__name__} has no weights that are drawn here")
