"""Build what a recipe names: networks in the order in which they need each other."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

import torch
from torch import nn

from framework.contracts import DataInfo, Task
from framework.errors import Fault, RecipeError
from framework.recipe.plans import Components, PlannedComponent
from framework.seeding import derive_seed, seed_generators


def building_order(networks: Mapping[str, PlannedComponent]) -> list[str]:
    """Names of networks so that each comes after those that it is built from.

    Raises:
        RecipeError: networks need each other in a circle.
    """
    needs = {name: set(planned.networks.values()) for name, planned in networks.items()}
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        chain = " -> ".join(reversed(error.args[1]))
        message = f"networks are built from each other in a circle: {chain}"
        raise RecipeError(Fault("R011", message, key="networks")) from None


def build_networks(
    networks: Mapping[str, PlannedComponent],
    data: DataInfo,
    *,
    seed: int,
    parts: dict[str, Any] | None = None,
) -> dict[str, nn.Module]:
    """Build all networks, in the order of the recipe; all that is built is added to `parts`.

    Each network's weights depend on the seed and its own name only: adding a network changes none
    of the others.
    """
    built: dict[str, nn.Module] = {}
    for name in building_order(networks):
        seed_generators(derive_seed(seed, f"weights/{name}"), torch.device("cpu"))
        built[name] = networks[name].build(data=data, networks=built, parts=parts)
    return {name: built[name] for name in networks}


def trainable_parameters(networks: Iterable[nn.Module]) -> list[nn.Parameter]:
    """The parameters that training changes, each once, though networks may share it."""
    found = (p for network in networks for p in network.parameters() if p.requires_grad)
    return list(dict.fromkeys(found))


def build_task(
    components: Components,
    data: DataInfo,
    networks: Mapping[str, nn.Module],
    device: torch.device,
    *,
    parts: dict[str, Any] | None = None,
) -> Task:
    """Build the task with its loss, moved to `device`, around networks that are there already.

    All that is built is added to `parts` by its role.
    """
    planned, given = components.loss, {"data": data, "networks": networks}
    loss = None if planned is None else planned.build(parts=parts, **given)
    if isinstance(loss, nn.Module):
        loss = loss.to(device)
    return components.task.build(loss=loss, parts=parts, **given)
