"""Which weights of a network belong to layers of a kind that can be pruned."""

from collections.abc import Mapping

from torch import nn

_LINEAR = (nn.Linear,)
_CONV = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)
_CLASSES: Mapping[str, tuple[type[nn.Module], ...]] = {
    "linear": _LINEAR,
    "conv": _CONV,
    "all": _LINEAR + _CONV,
}


def pruned_weights(network: nn.Module, layers: str) -> dict[str, nn.Parameter]:
    """The weights, not the biases, of the layers of one kind, by their keys in the state dict.

    Args:
        network: the network.
        layers: `linear`; `conv`, transposed convolutions among them; or `all` for both.
    """
    modules = network.named_modules()
    names = [name for name, module in modules if isinstance(module, _CLASSES[layers])]
    keys = [f"{name}.weight" if name else "weight" for name in names]
    return {key: network.get_parameter(key) for key in keys}


def prunable_kinds(network: nn.Module) -> frozenset[str]:
    """The kinds of layers that the network has weights of."""
    return frozenset(layers for layers in _CLASSES if pruned_weights(network, layers))
