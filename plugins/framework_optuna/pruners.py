"""Optuna's pruners: defaults are Optuna's, names of options are this project's.

They are told one value per epoch: the best so far, of folds the mean of each fold's best. Optuna's
`WilcoxonPruner` is missing on purpose. It compares trials fold by fold, and so sees a bad trial
only once four whole folds of it are trained, which saves nothing where folds are in lock-step.
"""

from math import inf
from typing import Annotated, Any

from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial
from pydantic import Field

from framework import Nested

Count = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]


def median(
    *,
    num_startup_trials: NotNegative = 5,
    num_warmup_epochs: NotNegative = 0,
    every_num_epochs: Count = 1,
    num_min_trials: Count = 1,
) -> BasePruner:
    """Ends a trial that is worse than the median of the others at the same epoch.

    Args:
        num_startup_trials: number of trials that have to be complete before any is ended.
        num_warmup_epochs: number of epochs of a trial in which it is never ended.
        every_num_epochs: number of epochs between two looks at it.
        num_min_trials: number of trials that have to have reached the epoch.
    """
    return MedianPruner(
        n_startup_trials=num_startup_trials,
        n_warmup_steps=num_warmup_epochs,
        interval_steps=every_num_epochs,
        n_min_trials=num_min_trials,
    )


def percentile(
    *,
    kept_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.25,
    num_startup_trials: NotNegative = 5,
    num_warmup_epochs: NotNegative = 0,
    every_num_epochs: Count = 1,
    num_min_trials: Count = 1,
) -> BasePruner:
    """Ends a trial that is not among the best ones at the same epoch.

    Args:
        kept_fraction: share of the trials, the best, that goes on.
        num_startup_trials: number of trials that have to be complete before any is ended.
        num_warmup_epochs: number of epochs of a trial in which it is never ended.
        every_num_epochs: number of epochs between two looks at it.
        num_min_trials: number of trials that have to have reached the epoch.
    """
    return PercentilePruner(
        100 * kept_fraction,
        n_startup_trials=num_startup_trials,
        n_warmup_steps=num_warmup_epochs,
        interval_steps=every_num_epochs,
        n_min_trials=num_min_trials,
    )


def successive_halving(
    *,
    min_num_epochs: Count | None = None,
    reduction_factor: Annotated[int, Field(ge=2)] = 4,
    min_early_stopping_rate: NotNegative = 0,
) -> BasePruner:
    """Lets the best share of the trials go on, from rung to rung of ever more epochs.

    Source: Liam Li and others, A System for Massively Parallel Hyperparameter Tuning, 2020 (ASHA).

    Args:
        min_num_epochs: number of epochs of the first rung; null decides by the first trial.
        reduction_factor: one in so many goes on, and for so many times the epochs.
        min_early_stopping_rate: number of rungs at the start that are left out.
    """
    return SuccessiveHalvingPruner(
        min_resource="auto" if min_num_epochs is None else min_num_epochs,
        reduction_factor=reduction_factor,
        min_early_stopping_rate=min_early_stopping_rate,
    )


def hyperband(
    *,
    min_num_epochs: Count = 1,
    max_num_epochs: Count | None = None,
    reduction_factor: Annotated[int, Field(ge=2)] = 3,
) -> BasePruner:
    """Successive halving with several first rungs, each for a share of the trials.

    Source: Lisha Li and others, Hyperband: A Novel Bandit-Based Approach to Hyperparameter
    Optimization, 2018.

    Args:
        min_num_epochs: number of epochs of the earliest first rung.
        max_num_epochs: number of epochs of a whole trial; null learns it from the first.
        reduction_factor: one in so many goes on, and for so many times the epochs.
    """
    return HyperbandPruner(
        min_resource=min_num_epochs,
        max_resource="auto" if max_num_epochs is None else max_num_epochs,
        reduction_factor=reduction_factor,
    )


def threshold(
    *,
    lower: float | None = None,
    upper: float | None = None,
    num_warmup_epochs: NotNegative = 0,
    every_num_epochs: Count = 1,
) -> BasePruner:
    """Ends a trial whose value is beyond a bound.

    Args:
        lower: values below it end the trial.
        upper: values above it do.
        num_warmup_epochs: number of epochs of a trial in which it is never ended.
        every_num_epochs: number of epochs between two looks at it.

    Raises:
        ValueError: there is no bound, or none lies between the two.
    """
    if lower is None and upper is None:
        raise ValueError("there is no bound; write lower, upper or both")
    return ThresholdPruner(
        lower=-inf if lower is None else lower,
        upper=inf if upper is None else upper,
        n_warmup_steps=num_warmup_epochs,
        interval_steps=every_num_epochs,
    )


class Patient(BasePruner):
    """Ends a trial, if another pruner would too, only after epochs without improvement.

    Optuna's `PatientPruner` waits for values that get worse, which the best so far never does.

    Args:
        pruner: the other pruner; null leaves it to the patience alone.
        patience: number of epochs without improvement after which a trial is ended.
        min_delta: a change no larger than this is no improvement.
    """

    def __init__(
        self,
        *,
        pruner: Annotated[Any, Nested("pruner")] = None,
        patience: Count,
        min_delta: Annotated[float, Field(ge=0)] = 0.0,
    ) -> None:
        self._pruner, self._patience, self._min_delta = pruner, patience, min_delta

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial is to be ended now."""
        sign = 1 if study.direction is StudyDirection.MINIMIZE else -1
        values = [sign * value for _, value in sorted(trial.intermediate_values.items())]
        if len(values) <= self._patience:
            return False
        before, lately = values[: -self._patience], values[-self._patience :]
        if min(lately) < min(before) - self._min_delta:
            return False
        return self._pruner is None or bool(self._pruner.prune(study, trial))
