"""Evaluate and keep a running average of the weights instead of the last."""

from collections.abc import Mapping
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from framework.contracts import Handler, Run
from framework.events import FitEvents


class Averaging(Handler):
    """Averages the parameters over iterations, each with less weight the longer ago it was.

    The averages are in the networks from VALIDATING to SAVING, so they are what is evaluated and
    kept as best; training and checkpoints go on with the networks' own weights. Buffers, such as
    the running statistics of batch normalisation, are not averaged. What other handlers change
    while the averages are in, such as masks of pruned weights, stays changed in the averages.

    Source: B. Polyak, A. Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992;
    exponential weights instead of equal ones.

    Args:
        networks: the networks by name.
        decay: share of the average that each iteration leaves as it is; the first sets it.
    """

    def __init__(self, networks: Mapping[str, nn.Module], *, decay: float) -> None:
        self._weights: dict[str, Tensor] = {
            f"{name}.{key}": weight
            for name, network in networks.items()
            for key, weight in network.named_parameters()
        }
        self._averages: dict[str, Tensor] = {}
        self._decay = decay

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Average after iterations; put the averages in for the evaluation, and take them out."""
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self._average)
        trainer.add_event_handler(FitEvents.VALIDATING, self._exchange)
        trainer.add_event_handler(FitEvents.SAVING, self._exchange)

    def put_in(self) -> None:
        """Leave the averages in the networks for good, once training is over."""
        with torch.no_grad():
            for key, average in self._averages.items():
                self._weights[key].copy_(average)

    def _average(self) -> None:
        if not self._averages:
            self._averages = {key: weight.detach().clone() for key, weight in self._weights.items()}
            return
        weights = [weight.detach() for weight in self._weights.values()]
        update = get_ema_multi_avg_fn(self._decay)
        update(list(self._averages.values()), weights, 0)

    def _exchange(self) -> None:
        with torch.no_grad():
            for key, weight in self._weights.items():
                average = weight.clone()
                weight.copy_(self._averages[key])
                self._averages[key] = average

    def state_dict(self) -> dict[str, Any]:
        """The averages so far, by network and parameter; none before the first iteration."""
        return {"averages": dict(self._averages)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._averages = {
            key: torch.empty_like(self._weights[key]).copy_(average).detach()
            for key, average in state["averages"].items()
        }
