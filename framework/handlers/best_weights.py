"""Keep the weights of the best epoch."""

from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine
from torch import Tensor, nn

from framework.contracts import Handler, Run
from framework.events import FitEvents
from framework.handlers.monitoring import Monitor

Weights = dict[str, dict[str, Tensor]]
"""Network → key → tensor."""


def copy_weights(networks: Mapping[str, nn.Module]) -> Weights:
    """Copy all parameters and buffers to the CPU, each into memory of its own."""
    return {
        name: {key: value.detach().cpu().clone() for key, value in network.state_dict().items()}
        for name, network in networks.items()
    }


class BestWeights(Handler):
    """Copies the weights whenever an evaluation is the best so far.

    Attributes:
        value: the best value so far; None before any finite one.
        epoch: the epoch that it was measured after.
        weights: exactly the weights that were evaluated then.
    """

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.value: float | None = None
        self.epoch = 0
        self.weights: Weights = {}

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Compare after every evaluation."""
        trainer.add_event_handler(FitEvents.VALIDATED, self._compare, run)

    def _compare(self, run: Run) -> None:
        value = self.monitor.value_in(run.metrics)
        if self.monitor.improves(value, self.value):
            self.value, self.epoch = value, run.epoch
            self.weights = copy_weights(run.networks)

    def restart(self) -> None:
        """Forget what was best; the next evaluation is compared with nothing."""
        self.value, self.epoch, self.weights = None, 0, {}

    def state_dict(self) -> dict[str, Any]:
        """Value, epoch and weights."""
        return {"value": self.value, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self.value, self.epoch, self.weights = state["value"], state["epoch"], state["weights"]
