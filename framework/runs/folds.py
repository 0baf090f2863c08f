"""The folds of a cross-validation once all of them are trained."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from framework.contracts import Task
from framework.recipe.building import build_task
from framework.recipe.plans import Plan
from framework.runs.assembly import build_on
from framework.runs.directory import RunDirectory
from framework.runs.weights import load_weights, read_weights


@dataclass(frozen=True)
class Folds:
    """Trained folds.

    Attributes:
        plan: the plan of the whole cross-validation.
        plans: the plan of each fold, by the name of its directory.
        stores: their directories.
    """

    plan: Plan
    plans: Mapping[str, Plan]
    stores: Mapping[str, RunDirectory]

    @property
    def seconds(self) -> float:
        """Time spent training all of them."""
        return sum(store.state.seconds for store in self.stores.values())

    @property
    def best(self) -> str:
        """Name of the fold with the best value of what is monitored; the first of equals."""
        found = {name: store.state.best for name, store in self.stores.items()}
        values = {n: b.value for n, b in found.items() if b is not None and b.value is not None}
        modes = {best.mode for best in found.values() if best is not None}
        choose = max if modes == {"max"} else min
        return choose(values, key=lambda name: values[name])

    def task(self, name: str, device: torch.device) -> Task:
        """The task of a fold with the weights that it kept, in eval mode and without gradients."""
        plan, path = self.plans[name], self.stores[name].path / "best.safetensors"
        networks = build_on(plan, device)
        load_weights(networks, read_weights(path, networks), source=path)
        return build_task(plan.components, plan.data, _frozen(networks), device)


def _frozen(networks: Mapping[str, nn.Module]) -> Mapping[str, nn.Module]:
    for network in networks.values():
        network.eval().requires_grad_(requires_grad=False)
    return networks
