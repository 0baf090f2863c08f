"""Means over batches of different sizes."""

from collections.abc import Mapping
from typing import Any


class LossAverages:
    """The mean of each named loss over all samples seen since the last reset.

    Sums are kept as Python floats: exact to the last bit in a checkpoint, and a short last batch
    counts by its size.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._num_samples = 0

    def reset(self) -> None:
        """Forget everything."""
        self._sums = {}
        self._num_samples = 0

    def update(self, losses: Mapping[str, float], num_samples: int) -> None:
        """Take in the mean losses of one batch of `num_samples`."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * num_samples
        self._num_samples += num_samples

    def compute(self) -> dict[str, float]:
        """The means as metrics: `loss` where there is one, `loss/<optimizer>` where several."""
        means = {name: total / self._num_samples for name, total in self._sums.items()}
        if len(means) == 1:
            return {"loss": next(iter(means.values()))}
        return {f"loss/{name}": mean for name, mean in means.items()}

    def state_dict(self) -> dict[str, Any]:
        """Sums and count, as plain values."""
        return {"sums": dict(self._sums), "num_samples": self._num_samples}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._sums = dict(state["sums"])
        self._num_samples = state["num_samples"]
