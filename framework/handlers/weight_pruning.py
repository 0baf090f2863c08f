"""Prune weights as training goes on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import Tensor

from framework.contracts import Handler, Run
from framework.events import FitEvents
from framework.handlers.masks import Masks, PruningMethod
from framework.seeding import derive_seed, seed_generators


@dataclass
class PruningGroup:
    """Weights that are pruned by the same amount, which may change from one pruning to the next.

    Attributes:
        name: what its sparsity is reported as.
        weights: the parameters, by names that no other group has.
        amount: share of them that each pruning takes, in 0..1; 0 takes none.
    """

    name: str
    weights: Mapping[str, Tensor]
    amount: float


class WeightPruning(Handler):
    """Sets weights to zero every so many epochs, before the epoch is evaluated.

    Where they may grow back, each pruning takes its amount of all weights of a group. Otherwise
    masks last: each pruning takes its amount of what remains (0.3, then 0.51, then 0.657 for an
    amount of 0.3), gradients of what is pruned are zero and so are the weights after each step.

    Attributes:
        groups: what is pruned.

    Args:
        groups: what to prune, and how much of it at a time.
        every_num_epochs: number of epochs between two prunings.
        regrow: whether what was set to zero may grow back.
        method: how to choose what is pruned.
        seed: the fit's seed, for a method that draws.
        after_pruning: called after each pruning with its number, from 1.
    """

    def __init__(
        self,
        groups: Sequence[PruningGroup],
        *,
        every_num_epochs: int,
        regrow: bool,
        method: PruningMethod,
        seed: int,
        after_pruning: Callable[[int], None],
    ) -> None:
        self.groups = tuple(groups)
        self._every_num_epochs = every_num_epochs
        self._regrow = regrow
        self._method = method
        self._seed = seed
        self._after_pruning = after_pruning
        self._weights = {name: w for group in groups for name, w in group.weights.items()}
        self._masks: Masks = {}
        self._level = 0

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Prune at EPOCH_COMPLETED; where masks last, hold them at every step."""
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._prune_when_due, run)
        if not self._regrow:
            trainer.add_event_handler(FitEvents.BACKWARD_COMPLETED, self._mask_gradients)
            trainer.add_event_handler(FitEvents.OPTIMIZER_STEPPED, self._mask_weights)
            trainer.add_event_handler(FitEvents.VALIDATING, self._mask_weights)
        trainer.add_event_handler(FitEvents.VALIDATING, self._measure, run)

    def _prune_when_due(self, run: Run) -> None:
        epoch = run.epoch + 1  # counts this one only from VALIDATING on
        groups = [group for group in self.groups if group.amount > 0]
        if epoch % self._every_num_epochs or not groups:
            return
        device = next(iter(self._weights.values())).device
        seed_generators(derive_seed(self._seed, "weight_pruning", epoch), device)
        masks = dict(self._masks)
        for group in groups:
            kept = {name: self._kept(name, weight) for name, weight in group.weights.items()}
            chosen = self._method.masks(group.weights, kept, amount=group.amount)
            masks |= {name: _like(mask, group.weights[name]) for name, mask in chosen.items()}
        self._zero(masks)
        self._masks = {} if self._regrow else masks
        self._level += 1
        self._after_pruning(self._level)

    def _kept(self, name: str, weight: Tensor) -> Tensor:
        everything = torch.ones_like(weight, dtype=torch.bool)
        return self._masks.get(name, everything)

    def _mask_gradients(self) -> None:
        for name, mask in self._masks.items():
            gradient = self._weights[name].grad
            if gradient is not None:
                gradient.mul_(mask)

    def _mask_weights(self) -> None:
        self._zero(self._masks)

    def _zero(self, masks: Masks) -> None:
        with torch.no_grad():
            for name, mask in masks.items():
                self._weights[name].mul_(mask)

    def _measure(self, run: Run) -> None:
        for group in self.groups:
            num_kept = sum(int(weight.count_nonzero()) for weight in group.weights.values())
            num_weights = sum(weight.numel() for weight in group.weights.values())
            run.metrics[f"sparsity/{group.name}"] = 1 - num_kept / num_weights

    def state_dict(self) -> dict[str, Any]:
        """Number of prunings so far, and the masks that last: True where a weight is kept."""
        return {"level": self._level, "masks": dict(self._masks)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; masks of weights that are in no group are left out."""
        self._level = state["level"]
        self._masks = {
            name: _like(mask, self._weights[name])
            for name, mask in state["masks"].items()
            if name in self._weights
        }


def _like(mask: Tensor, weight: Tensor) -> Tensor:
    """A copy of a mask on the device and in the memory format of its weight."""
    return torch.empty_like(weight, dtype=torch.bool).copy_(mask)
