"""Keep gradients from growing too long."""

from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine
from torch.nn.utils import clip_grad_norm_

from framework.contracts import Handler, Run
from framework.events import FitEvents


class GradientClipping(Handler):
    """Scales the gradient of the optimizer that is about to step down to a largest length.

    The mean length before that goes into the metrics: `gradient_norm`, or `gradient_norm/<name>`
    for each of several optimizers.

    Args:
        max_norm: largest length of the gradient of all weights of an optimizer, as one vector.
    """

    def __init__(self, *, max_norm: float) -> None:
        self._max_norm = max_norm
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Clip when gradients are there; report before the epoch is evaluated."""
        trainer.add_event_handler(FitEvents.BACKWARD_COMPLETED, self._clip, trainer, run)
        trainer.add_event_handler(FitEvents.VALIDATING, self._report, run)

    def _clip(self, trainer: Engine, run: Run) -> None:
        name = trainer.state.optimizer_name  # type: ignore[attr-defined]
        groups = run.optimizers[name].param_groups
        weights = [weight for group in groups for weight in group["params"]]
        norm = float(clip_grad_norm_(weights, self._max_norm))
        self._sums[name] = self._sums.get(name, 0.0) + norm
        self._counts[name] = self._counts.get(name, 0) + 1

    def _report(self, run: Run) -> None:
        for name, total in self._sums.items():
            key = "gradient_norm" if len(run.optimizers) == 1 else f"gradient_norm/{name}"
            run.metrics[key] = total / self._counts[name]
        self._sums, self._counts = {}, {}

    def state_dict(self) -> dict[str, Any]:
        """Sums and numbers of the lengths in the current epoch."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])
