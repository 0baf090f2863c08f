"""End training when it no longer improves."""

import math
from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine

from framework.contracts import Handler, Run
from framework.errors import Fault, TrainingError
from framework.events import FitEvents
from framework.handlers.monitoring import Monitor


class EarlyStopping(Handler):
    """Stops after `patience` epochs in a row without an improvement.

    Ignite's own handler resets itself at each evaluation unless attached with care, loses its
    counter on resume and takes NaN for an improvement; this one does none of that.

    Args:
        monitor: what is watched, and in which direction it improves.
        patience: number of epochs without improvement after which to stop.
        min_delta: how much better a value must be to count, in units of the metric.
    """

    def __init__(self, monitor: Monitor, *, patience: int, min_delta: float = 0.0) -> None:
        self._monitor = monitor
        self._patience = patience
        self._min_delta = min_delta
        self._best: float | None = None
        self._num_bad_epochs = 0
        self._num_grace_epochs = 0

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Look after every evaluation."""
        trainer.add_event_handler(FitEvents.VALIDATED, self._look, run)

    def restart(self) -> None:
        """Forget what was best, and every epoch without improvement."""
        self._best, self._num_bad_epochs = None, 0

    def grant_grace(self, num_epochs: int) -> None:
        """Let the next evaluations, so many of them, count for nothing unless they improve."""
        self._num_grace_epochs = num_epochs

    def _look(self, run: Run) -> None:
        value = self._monitor.value_in(run.metrics)
        is_in_grace = self._num_grace_epochs > 0
        self._num_grace_epochs -= is_in_grace
        if self._monitor.improves(value, self._best, min_delta=self._min_delta):
            self._best, self._num_bad_epochs = value, 0
            return
        if is_in_grace:
            return
        self._num_bad_epochs += 1
        if self._num_bad_epochs < self._patience:
            return
        if not math.isfinite(value):
            message = f"{self._monitor.metric} is {value} after {self._num_bad_epochs} epochs"
            hint = "try a smaller learning rate; the best weights so far are kept"
            raise TrainingError(Fault("T041", message, hint=hint))
        run.stop(f"{self._monitor.metric} has not improved for {self._num_bad_epochs} epochs")

    def state_dict(self) -> dict[str, Any]:
        """Best value and counters."""
        return {
            "best": self._best,
            "num_bad_epochs": self._num_bad_epochs,
            "num_grace_epochs": self._num_grace_epochs,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._best, self._num_bad_epochs = state["best"], state["num_bad_epochs"]
        self._num_grace_epochs = state["num_grace_epochs"]
