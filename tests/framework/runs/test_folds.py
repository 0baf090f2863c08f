"""Trained folds: which is the best, and what they answer."""

import pytest
import torch

from framework.runs.directory import RunDirectory
from framework.runs.folds import Folds
from framework.runs.parts import fold_plans
from framework.runs.records import BestEntry

CPU = torch.device("cpu")


def folds_with(tmp_path, plan, values, mode="min"):
    stores = {}
    for name, value in values.items():
        best = None if value is None else BestEntry("0" * 64, 1, "validation/loss", mode, value)
        store = RunDirectory.create(tmp_path / name, texts={}, meta={})
        store.update(best=best, seconds=1.5)
        stores[name] = store
    return Folds(plan, fold_plans(plan), stores)


@pytest.mark.parametrize(("mode", "best"), [("min", "fold-1"), ("max", "fold-2")])
def test_best_fold_is_that_with_the_best_value_and_the_first_of_equals(
    planned, tmp_path, mode, best
):
    values = {"fold-0": 0.3, "fold-1": 0.1, "fold-2": 0.4, "fold-3": 0.1, "fold-4": 0.4}
    folds = folds_with(tmp_path, planned("cross_validation={}"), values, mode)
    assert folds.best == best


def test_fold_that_kept_nothing_is_never_the_best(planned, tmp_path):
    values = {"fold-0": None, "fold-1": 0.3}
    folds = folds_with(tmp_path, planned("cross_validation={}"), values)
    assert folds.best == "fold-1"
    assert folds.seconds == 3.0


@pytest.mark.slow
def test_task_of_a_fold_has_its_weights_frozen_and_in_eval_mode(carried_out_in, planned, tmp_path):
    override = "cross_validation={num_folds: 2}"
    record = carried_out_in(tmp_path, override)
    plan = planned(override)
    plans = fold_plans(plan)
    folds = Folds(plan, plans, {n: RunDirectory(record.directory / n) for n in plans})
    tasks = [folds.task(name, CPU) for name in plans]
    assert not any(network.training for task in tasks for network in task._chain)
    weights = [[w for network in task._chain for w in network.parameters()] for task in tasks]
    assert not any(weight.requires_grad for each in weights for weight in each)
    assert not any(torch.equal(one, other) for one, other in zip(*weights, strict=True))
