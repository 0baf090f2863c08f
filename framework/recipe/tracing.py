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
        rows: the layers met, in order, those within others alone.
        at_work: network, layer and shape of input of what has been called and has not answered.
    """

    rows: list[LayerRow] = field(default_factory=list)
    at_work: list[tuple[str, str, tuple[int, ...]]] = field(default_factory=list)


@contextmanager
def traced(networks: Mapping[str, nn.Module], trace: Trace) -> Iterator[None]:
    """Write down what is called within the block.

    Hooks that all modules share look on, since to give each its own takes as long as a batch.
    """
    places = defaultdict(list)
    for name, network in networks.items():
        for layer, module in network.named_modules():
            places[module].append((name, layer))
    known = {module: [] for module in ()}  # type: dict
    hooks = [
        register_module_forward_pre_hook(partial(_enter, trace, places)),
        register_module_forward_hook(partial(_leave, trace, places)),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
