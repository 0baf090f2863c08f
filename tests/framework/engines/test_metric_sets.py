"""Each evaluation has metrics of its own, and the first those of the recipe."""

import torch

from framework.engines.metric_sets import MetricSets


class Total:
    """The sum of all differences."""

    def __init__(self):
        self.total = 0.0

    def reset(self):
        self.total = 0.0

    def update(self, prediction, target):
        self.total += float((prediction - target).sum())

    def compute(self):
        return self.total


ZERO = torch.zeros(3)


def test_metrics_of_a_named_evaluation_carry_its_name():
    total = Total()
    sets = MetricSets({"total": total})
    sets.update({"": (ZERO + 1, ZERO), "noisy": (ZERO + 10, ZERO)})
    sets.update({"": (ZERO + 2, ZERO), "noisy": (ZERO + 20, ZERO)})
    assert sets.compute() == {"total": 9.0, "noisy/total": 90.0}
    assert total.total == 9.0


def test_late_evaluation_starts_from_nothing():
    sets = MetricSets({"total": Total()})
    sets.update({"": (ZERO + 1, ZERO)})
    sets.update({"": (ZERO + 1, ZERO), "noisy": (ZERO + 1, ZERO)})
    assert sets.compute() == {"total": 6.0, "noisy/total": 3.0}


def test_reset_forgets_in_all_of_them():
    sets = MetricSets({"total": Total()})
    sets.update({"": (ZERO + 1, ZERO), "noisy": (ZERO + 1, ZERO)})
    sets.reset()
    assert sets.compute() == {"total": 0.0, "noisy/total": 0.0}


def test_no_metrics_measure_nothing():
    sets = MetricSets({})
    sets.update({"": (ZERO, ZERO), "noisy": (ZERO, ZERO)})
    assert sets.compute() == {}
