"""How networks that come from elsewhere are trained on: frozen for a while, with their own lr."""

from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from framework.recipe.blocks import Origin
from framework.recipe.building import trainable_parameters
from framework.recipe.plans import Plan


class Tuning:
    """Keeps frozen networks as they are: without gradients, and in eval mode.

    What is frozen is a function of the epoch alone, so that a resume needs no state.

    Args:
        plan: says which networks come from elsewhere.
        networks: all networks by name.
    """

    def __init__(self, plan: Plan, networks: Mapping[str, nn.Module]) -> None:
        self._origins: dict[str, Origin] = {
            name: spec.origin
            for name, spec in plan.recipe.networks.items()
            if spec.origin is not None
        }
        self._networks = networks
        self._trainable = {
            name: [p for p in networks[name].parameters() if p.requires_grad]
            for name in self._origins
        }

    @property
    def frozen_throughout(self) -> frozenset[str]:
        """Networks that no epoch trains."""
        origins = self._origins.items()
        return frozenset(n for n, o in origins if o.freeze and o.unfreeze_at_epoch is None)

    def begin_epoch(self, epoch: int, *, is_training: bool) -> None:
        """Set the mode of every network for epoch number `epoch`, counted from 1."""
        for name, network in self._networks.items():
            origin = self._origins.get(name)
            is_frozen = origin is not None and origin.is_frozen(epoch)
            network.train(is_training and not is_frozen)
            for parameter in self._trainable.get(name, ()):
                parameter.requires_grad_(not is_frozen)
                if is_frozen:
                    parameter.grad = None

    def parameters(self, names: Iterable[str]) -> list[Any]:
        """What an optimizer of these networks steps: groups, where one has a learning rate.

        Networks that are never unfrozen are left out.
        """
        shared: dict[nn.Parameter, None] = {}
        groups: list[dict[str, Any]] = []
        for name in names:
            origin = self._origins.get(name)
            if name in self.frozen_throughout:
                continue
            found = trainable_parameters([self._networks[name]])
            own = [p for p in found if p not in shared]
            if origin is not None and origin.lr is not None:
                groups.append({"params": own, "lr": origin.lr})
            else:
                shared |= dict.fromkeys(own)
        return [{"params": list(shared)}, *groups] if groups else list(shared)
