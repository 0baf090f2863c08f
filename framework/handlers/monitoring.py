"""When one epoch is better than another."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from framework.errors import Fault, RecipeError, nearest_hint

Mode = Literal["min", "max"]


def metric_in(metrics: Mapping[str, float], name: str) -> float:
    """Find a metric in an epoch's row.

    Raises:
        RecipeError: nothing measures it; a plan cannot tell where handlers add metrics.
    """
    if name in metrics:
        return metrics[name]
    hint = nearest_hint(name, metrics) or f"there are {list(metrics)}"
    raise RecipeError(Fault("R005", f"no metric named '{name}'", hint=hint))


@dataclass(frozen=True)
class Monitor:
    """A metric to watch, and the direction in which it improves."""

    metric: str
    mode: Mode

    def value_in(self, metrics: Mapping[str, float]) -> float:
        """Find the metric in an epoch's row.

        Raises:
            RecipeError: nothing measures it; a plan cannot tell where handlers add metrics.
        """
        return metric_in(metrics, self.metric)

    def improves(self, value: float, on: float | None, *, min_delta: float = 0.0) -> bool:
        """Tell whether `value` beats `on` by more than `min_delta`.

        A value that is not finite never does; any finite value beats None.
        """
        if not math.isfinite(value):
            return False
        if on is None:
            return True
        return value < on - min_delta if self.mode == "min" else value > on + min_delta
