"""Which layers a batch meets on its way through networks, and where it is when one fails."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from framework.finished_runs import LayerRow
from framework.recipe.building import trainable_parameters

_Places = Mapping[nn.Module, list[tuple[str, str]]]
"""Module → network and layer, in each network that it is part of."""


@dataclass
class Trace:
    """What is seen of a batch.

    Attributes:
        rows: the layers met that have none within, in order, by network and name.
        at_work: network, layer and input of what has been called and has not answered.
    """

    rows: dict[tuple[str, str], LayerRow] = field(default_factory=dict)
    at_work: list[tuple[str, str, tuple[int, ...]]] = field(default_factory=list)


@contextmanager
def traced(networks: Mapping[str, nn.Module], trace: Trace) -> Iterator[None]:
    """Write down what is called within the block.

    The hooks are those that all modules share: to give each its own takes as long as a batch.
    """
    places = defaultdict(list)
    for name, network in networks.items():
        for layer, module in network.named_modules():
            places[module].append((name, layer))
    known = dict(places)
    hooks = [
        register_module_forward_pre_hook(partial(_enter, trace, known)),
        register_module_forward_hook(partial(_leave, trace, known)),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _enter(trace: Trace, places: _Places, module: nn.Module, inputs: Any) -> None:
    for network, layer in places.get(module, ()):
        trace.at_work.append((network, layer, _shape(inputs)))


def _leave(trace: Trace, places: _Places, module: nn.Module, inputs: Any, output: Any) -> None:
    for place in places.get(module, ()):
        trace.at_work.pop()
        if place not in trace.rows and next(module.children(), None) is None:
            num_parameters = sum(p.numel() for p in trainable_parameters([module]))
            shapes = (_shape(inputs), _shape(output))
            row = LayerRow(*place, type(module).__name__, *shapes, num_parameters)
            trace.rows[place] = row


def _shape(values: Any) -> tuple[int, ...]:
    if isinstance(values, tuple):
        values = next((v for v in values if isinstance(v, Tensor)), None)
    return tuple(values.shape[1:]) if isinstance(values, Tensor) else ()


def times_text(shape: tuple[int, ...]) -> str:
    """A shape in words, such as `1x28x28`."""
    return "x".join(map(str, shape)) or "no size"
