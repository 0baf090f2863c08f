"""Weights as safetensors: plain keys, nothing that could be executed."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from framework.errors import CheckpointError, Fault
from framework.handlers.best_weights import Weights

_NUM_SHOWN = 5


def weights_to_bytes(weights: Weights) -> bytes:
    """Serialise weights under keys such as `encoder.layers.conv1.weight`."""
    tensors = {
        f"{network}.{key}": value.contiguous()
        for network, values in weights.items()
        for key, value in values.items()
    }
    return safetensors.torch.save(tensors)


def read_weights(path: Path, networks: Mapping[str, nn.Module]) -> Weights:
    """Read weights for these networks.

    Raises:
        CheckpointError: the file is damaged, or holds the weights of other networks.
    """
    try:
        tensors = safetensors.torch.load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise CheckpointError(Fault("C058", f"cannot be read: {error}", place=str(path))) from error
    weights: Weights = {name: {} for name in networks}
    for full_key, value in tensors.items():
        network, _, key = full_key.partition(".")
        weights.setdefault(network, {})[key] = value
    return weights


def load_weights(
    networks: Mapping[str, nn.Module], weights: Weights, *, source: Path | str
) -> None:
    """Copy weights into networks, all or nothing.

    Raises:
        CheckpointError: keys or shapes differ; the first few are named and no weight is changed.
    """
    differences = [
        *_differences(networks, weights),
        *(f"network '{name}' is unknown here" for name in weights if name not in networks),
    ]
    if differences:
        shown = "; ".join(differences[:_NUM_SHOWN])
        more = len(differences) - _NUM_SHOWN
        message = f"holds another architecture: {shown}" + (
            f"; and {more} more" if more > 0 else ""
        )
        raise CheckpointError(Fault("C061", message, place=str(source)))
    for name, network in networks.items():
        network.load_state_dict(weights[name])


def _differences(networks: Mapping[str, nn.Module], weights: Weights) -> list[str]:
    found = []
    for name, network in networks.items():
        expected: dict[str, Tensor] = network.state_dict()
        given = weights.get(name, {})
        found += [f"{name}.{key} is missing" for key in expected if key not in given]
        found += [f"{name}.{key} is unknown" for key in given if key not in expected]
        found += [
            f"{name}.{key} has shape {tuple(given[key].shape)}, not {tuple(value.shape)}"
            for key, value in expected.items()
            if key in given and given[key].shape != value.shape
        ]
    return found
