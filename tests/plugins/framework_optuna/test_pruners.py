"""Pruners are Optuna's, with Optuna's defaults, and end what is worse."""

import inspect

import optuna
import pytest

from framework_optuna import pruners

THEIRS = {
    "median": optuna.pruners.MedianPruner,
    "percentile": optuna.pruners.PercentilePruner,
    "threshold": optuna.pruners.ThresholdPruner,
    "successive_halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
}
RENAMED = {
    "num_startup_trials": "n_startup_trials",
    "num_warmup_epochs": "n_warmup_steps",
    "every_num_epochs": "interval_steps",
    "num_min_trials": "n_min_trials",
    "min_num_epochs": "min_resource",
    "max_num_epochs": "max_resource",
}
OURS = {"kept_fraction"}
"""What Optuna has no default for."""


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize("name", THEIRS)
def test_defaults_are_those_of_optuna(name):
    theirs = inspect.signature(THEIRS[name].__init__).parameters
    for option, parameter in inspect.signature(getattr(pruners, name)).parameters.items():
        if option not in OURS:
            default = theirs[RENAMED.get(option, option)].default
            assert parameter.default == (None if default == "auto" else default), option


@pytest.mark.parametrize(
    "pruner",
    [
        pruners.median(num_startup_trials=2),
        pruners.percentile(num_startup_trials=2, kept_fraction=0.5),
        pruners.threshold(upper=0.5),
        pruners.Patient(patience=1, pruner=pruners.median(num_startup_trials=2)),
        pruners.Patient(patience=2),
        pruners.successive_halving(min_num_epochs=1, reduction_factor=2),
    ],
)
def test_bad_trial_is_ended_and_good_ones_are_not(pruner):
    study = optuna.create_study(pruner=pruner)
    good = [told(study, [0.4, 0.3, 0.2, 0.1]) for _ in range(3)]
    bad = told(study, [0.9, 0.9, 0.9, 0.9])
    assert (good, bad) == ([False] * 3, True)


@pytest.mark.parametrize(
    ("curve", "direction", "is_ended"),
    [
        ([0.9, 0.8, 0.8, 0.8], "minimize", True),
        ([0.9, 0.8, 0.8, 0.7], "minimize", False),
        ([0.9, 0.8, 0.79, 0.78], "minimize", True),
        ([0.1, 0.2, 0.2, 0.2], "maximize", True),
        ([0.1, 0.2, 0.3, 0.4], "maximize", False),
    ],
)
def test_patience_ends_with_epochs_that_bring_nothing(curve, direction, is_ended):
    pruner = pruners.Patient(patience=2, min_delta=0.05)
    assert told(optuna.create_study(pruner=pruner, direction=direction), curve) is is_ended


def test_patient_trial_is_left_to_the_other_pruner():
    pruner = pruners.Patient(patience=1, pruner=pruners.threshold(upper=0.5))
    study = optuna.create_study(pruner=pruner)
    assert not told(study, [0.4, 0.4, 0.4])
    assert told(study, [0.6, 0.6])
    assert not told(study, [0.9, 0.8, 0.7])


def test_hyperband_ends_bad_trials_of_its_brackets():
    study = optuna.create_study(
        pruner=pruners.hyperband(max_num_epochs=8, reduction_factor=2), study_name="fixed"
    )
    ended = [told(study, [0.1 * (number + 1)] * 8) for number in range(8)]
    assert not ended[0]
    assert sum(ended) >= 3


def test_kept_fraction_is_a_share_of_the_trials():
    assert pruners.percentile(kept_fraction=0.25)._percentile == 25.0


def test_threshold_without_a_bound_is_refused():
    with pytest.raises(ValueError, match="there is no bound"):
        pruners.threshold()


def test_threshold_has_one_or_two_bounds():
    study = optuna.create_study(pruner=pruners.threshold(lower=0.2))
    assert told(study, [0.3, 0.1])
    assert not told(study, [0.3, 9.0])


def told(study, curve):
    """Whether a trial with this curve is ended."""
    trial = study.ask()
    for epoch, value in enumerate(curve, 1):
        trial.report(value, epoch)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return True
    study.tell(trial, curve[-1])
    return False
