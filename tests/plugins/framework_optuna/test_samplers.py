"""Samplers are Optuna's, with Optuna's defaults, and each has a seed."""

import inspect
import warnings

import optuna
import pytest

from framework.errors import StorageError
from framework.search_spaces import Dimension
from framework_optuna import samplers

FINITE = {
    "depth": Dimension(name="depth", low=1, high=3, is_integer=True),
    "kind": Dimension(name="kind", choices=("a", None)),
}
ENDLESS = {"lr": Dimension(name="lr", low=0.0, high=1.0)}
RENAMED = {
    "num_startup_trials": "n_startup_trials",
    "num_ei_candidates": "n_ei_candidates",
    "population_size": "population_size",
    "mutation_probability": "mutation_prob",
    "crossover_probability": "crossover_prob",
    "swapping_probability": "swapping_prob",
    "separable": "use_separable_cma",
    "sequence": "qmc_type",
}
SEEDED = {
    "tpe": optuna.samplers.TPESampler,
    "random": optuna.samplers.RandomSampler,
    "cmaes": optuna.samplers.CmaEsSampler,
    "gp": optuna.samplers.GPSampler,
    "nsgaii": optuna.samplers.NSGAIISampler,
}


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize("name", SEEDED)
def test_defaults_are_those_of_optuna(name):
    theirs = inspect.signature(SEEDED[name].__init__).parameters
    for option, parameter in inspect.signature(getattr(samplers, name)).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        known = "popsize" if (name, option) == ("cmaes", "population_size") else option
        assert parameter.default == theirs[RENAMED.get(known, known)].default, option


@pytest.mark.parametrize("name", SEEDED)
def test_same_seed_draws_the_same_and_another_does_not(name):
    first, again, other = (drawn(getattr(samplers, name)(seed)) for seed in (1, 1, 2**40 + 2))
    assert first == again
    assert first != other


def test_options_reach_the_sampler():
    sampler = samplers.tpe(0, num_startup_trials=0, multivariate=True, group=True)
    assert sampler._n_startup_trials == 0
    assert sampler._group is True
    assert samplers.nsgaii(0, population_size=7)._population_size == 7
    assert samplers.cmaes(0, population_size=6)._popsize == 6
    assert samplers.qmc(0, 0, sequence="halton", scramble=True)._qmc_type == "halton"


def test_grid_meets_every_combination_once_whatever_the_worker():
    study = optuna.create_study(sampler=samplers.grid(5, FINITE))
    study.optimize(objective, n_trials=6)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 6
    first, second = (samplers.grid(5, FINITE)._all_grids for _ in range(2))
    assert first == second


def test_brute_force_meets_every_combination_once_and_ends():
    study = optuna.create_study(sampler=samplers.brute_force(5, FINITE))
    study.optimize(objective, n_trials=20)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == len(study.trials) == 6


@pytest.mark.parametrize("factory", [samplers.grid, samplers.brute_force])
def test_range_without_an_end_of_values_is_refused(factory):
    with pytest.raises(ValueError, match="'lr' has no end of values; give it a step, or choices"):
        factory(0, FINITE | ENDLESS)


def test_grid_refuses_what_depends_on_others():
    dependent = {"depth": Dimension(name="depth", choices=(1, 2), is_dependent=True)}
    with pytest.raises(ValueError, match="'depth' depends on other values"):
        samplers.grid(0, dependent)
    assert samplers.brute_force(0, dependent)


def test_qmc_spreads_by_the_seed_of_the_study():
    first, second = (drawn(samplers.qmc(seed, 3, scramble=True)) for seed in (1, 2))
    assert first[0] != second[0]  # the first is drawn at random
    assert first[1:] == second[1:]


def test_cmaes_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(samplers, "find_spec", lambda _: None)
    with pytest.raises(StorageError, match=r"ignite-framework\[cmaes\]"):
        samplers.cmaes(0)


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        samplers.tpe(0, group=True, multivariate=True)
        samplers.brute_force(0, FINITE)
        samplers.cmaes(0, separable=True)
        samplers.gp(0, deterministic_objective=True)
        samplers.qmc(0, 0)


def objective(trial):
    depth = trial.suggest_int("depth", 1, 3)
    return depth + (trial.suggest_categorical("kind", ["a", None]) is None)


def drawn(sampler):
    study = optuna.create_study(sampler=sampler)
    numbers = []
    for _ in range(4):
        trial = study.ask()
        numbers.append((trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)))
        study.tell(trial, sum(numbers[-1]))
    return numbers
