"""Means over batches of different sizes."""

from collections.abc import Mapping
from typing import Any


class Means:
    """The weighted mean of each of some named values.

    Sums are kept as Python floats: exact to the last bit in a checkpoint.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._weights: dict[str, float] = {}

    def update(self, values: Mapping[str, float], weight: float) -> None:
        """Take in one more value of each of these names."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * weight
            self._weights[name] = self._weights.get(name, 0) + weight

    def compute(self) -> dict[str, float]:
        """The means by name."""
        return {name: total / self._weights[name] for name, total in self._sums.items()}

    def state_dict(self) -> dict[str, Any]:
        """Sums and weights, as plain values."""
        return {"sums": dict(self._sums), "weights": dict(self._weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._sums, self._weights = dict(state["sums"]), dict(state["weights"])


class LossAverages:
    """The means of losses, and of the terms that came with them, since the last reset.

    A short last batch counts by its size.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._losses, self._terms = Means(), Means()

    def update(
        self, losses: Mapping[str, float], terms: Mapping[str, float], *, weight: float
    ) -> None:
        """Take in the mean losses and terms of one batch, or of a part that weighs so much."""
        self._losses.update(losses, weight)
        self._terms.update(terms, weight)

    @property
    def losses(self) -> dict[str, float]:
        """The mean losses by optimizer."""
        return self._losses.compute()

    @property
    def terms(self) -> dict[str, float]:
        """The mean terms by name."""
        return self._terms.compute()

    def compute(self) -> dict[str, float]:
        """All as metrics: `loss`, or `loss/<optimizer>` where there are several, and the terms."""
        losses = self.losses
        if len(losses) == 1:
            return {"loss": next(iter(losses.values()))} | self.terms
        return {f"loss/{name}": mean for name, mean in losses.items()} | self.terms

    def state_dict(self) -> dict[str, Any]:
        """Sums and weights of losses and terms, as plain values."""
        return {"losses": self._losses.state_dict(), "terms": self._terms.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._losses.load_state_dict(state["losses"])
        self._terms.load_state_dict(state["terms"])
