"""Metrics over all that a task evaluates."""

from collections.abc import Mapping
from copy import deepcopy

from torch import Tensor

from framework.contracts import Metric


class MetricSets:
    """The metrics of a recipe once for each evaluation that a task answers, by its name.

    Args:
        metrics: the metrics by name; they measure the evaluation without a name, and copies of
            them any other.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self._sets: dict[str, Mapping[str, Metric]] = {"": metrics}

    def reset(self) -> None:
        """Forget everything."""
        for metrics in self._sets.values():
            _reset(metrics)

    def update(self, evaluations: Mapping[str, tuple[Tensor, Tensor]]) -> None:
        """Take in (prediction, target) of one batch for each evaluation."""
        for name, (prediction, target) in evaluations.items():
            if name not in self._sets:
                self._sets[name] = _reset(deepcopy(self._sets[""]))
            for metric in self._sets[name].values():
                metric.update(prediction, target)

    def compute(self) -> dict[str, float]:
        """All metrics: `psnr`, and `noisy/psnr` for the evaluation called `noisy`."""
        return {
            f"{name}/{metric}" if name else metric: float(measured.compute())
            for name, metrics in self._sets.items()
            for metric, measured in metrics.items()
        }


def _reset(metrics: Mapping[str, Metric]) -> Mapping[str, Metric]:
    for metric in metrics.values():
        metric.reset()
    return metrics
