"""Optuna's samplers: defaults are Optuna's, names of options are this project's."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Annotated, Literal

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import (
    BaseSampler,
    BruteForceSampler,
    CmaEsSampler,
    GPSampler,
    GridSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from pydantic import Field

from framework import Dimension, Fault, StorageError

Count = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, le=1)]


def tpe(
    seed: int,
    *,
    num_startup_trials: Annotated[int, Field(ge=0)] = 10,
    num_ei_candidates: Count = 24,
    multivariate: bool | None = None,
    group: bool = False,
    constant_liar: bool = True,
) -> BaseSampler:
    """Tree-structured Parzen estimators: draws where good trials were dense and bad ones were not.

    Source: James Bergstra and others, Algorithms for Hyper-Parameter Optimization, 2011; for the
    joint estimate, Stefan Falkner and others, BOHB, 2018.

    Args:
        seed: seed of what this worker draws.
        num_startup_trials: number of trials that are drawn at random first.
        num_ei_candidates: number of candidates of which the most promising is taken.
        multivariate: whether dimensions are estimated jointly; null does so for one objective.
        group: whether dimensions that trials have in common are estimated jointly, group by group;
            needs multivariate.
        constant_liar: whether trials that are running count as bad, so that workers spread out.
    """
    with _experiments_allowed():
        return TPESampler(
            n_startup_trials=num_startup_trials,
            n_ei_candidates=num_ei_candidates,
            multivariate=multivariate,
            group=group,
            constant_liar=constant_liar,
            seed=_short(seed),
        )


def random(seed: int) -> BaseSampler:
    """Draws every value at random, whatever was found before.

    Args:
        seed: seed of what this worker draws.
    """
    return RandomSampler(seed=_short(seed))


def grid(study_seed: int, dimensions: Mapping[str, Dimension]) -> BaseSampler:
    """Tries every combination once, in an order of its own; each dimension needs steps or choices.

    Args:
        study_seed: seed of the order, which all workers share.
        dimensions: all that is drawn.

    Raises:
        ValueError: a dimension has no end of values, or depends on another.
    """
    dependent = [name for name, dimension in dimensions.items() if dimension.is_dependent]
    if dependent:
        message = f"'{dependent[0]}' depends on other values"
        raise ValueError(f"{message}; take the sampler brute_force, or leave its condition out")
    return GridSampler(_finite(dimensions), seed=_short(study_seed))


def brute_force(seed: int, dimensions: Mapping[str, Dimension]) -> BaseSampler:
    """Tries every combination once; values under a condition are drawn only where it holds.

    Args:
        seed: seed of what this worker draws.
        dimensions: all that is drawn.

    Raises:
        ValueError: a dimension has no end of values.
    """
    _finite(dimensions)
    with _experiments_allowed():
        return BruteForceSampler(seed=_short(seed))


def cmaes(
    seed: int,
    *,
    num_startup_trials: Annotated[int, Field(ge=0)] = 1,
    population_size: Annotated[int, Field(ge=2)] | None = None,
    separable: bool = False,
    with_margin: bool = False,
) -> BaseSampler:
    """Evolves a normal distribution; choices are drawn at random beside it.

    Source: Nikolaus Hansen, The CMA Evolution Strategy: A Tutorial, 2016.

    Args:
        seed: seed of what this worker draws.
        num_startup_trials: number of trials that are drawn at random first.
        population_size: number of trials per generation; null decides by the number of dimensions.
        separable: whether dimensions are taken as independent, for spaces of very many.
        with_margin: whether whole numbers are kept from standing still.

    Raises:
        StorageError: the package of the extra `cmaes` is missing.
        ValueError: separable and with_margin are combined.
    """
    if find_spec("cmaes") is None:
        hint = "run `pip install 'ignite-framework[cmaes]'`"
        raise StorageError(Fault("E002", "sampler 'cmaes' needs the package cmaes", hint=hint))
    with _experiments_allowed():
        return CmaEsSampler(
            n_startup_trials=num_startup_trials,
            popsize=population_size,
            use_separable_cma=separable,
            with_margin=with_margin,
            warn_independent_sampling=False,
            seed=_short(seed),
        )


def gp(
    seed: int,
    *,
    num_startup_trials: Annotated[int, Field(ge=0)] = 10,
    deterministic_objective: bool = False,
) -> BaseSampler:
    """Gaussian processes: sees more in few trials than others, and takes seconds for each.

    Args:
        seed: seed of what this worker draws.
        num_startup_trials: number of trials that are drawn at random first.
        deterministic_objective: whether the same values always give the same objective.
    """
    with _experiments_allowed():
        return GPSampler(
            n_startup_trials=num_startup_trials,
            deterministic_objective=deterministic_objective,
            warn_independent_sampling=False,
            seed=_short(seed),
        )


def nsgaii(
    seed: int,
    *,
    population_size: Annotated[int, Field(ge=2)] = 50,
    mutation_probability: Probability | None = None,
    crossover_probability: Probability = 0.9,
    swapping_probability: Probability = 0.5,
) -> BaseSampler:
    """Evolves a population; made for several objectives.

    Source: Kalyanmoy Deb and others, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
    2002.

    Args:
        seed: seed of what this worker draws.
        population_size: number of trials per generation.
        mutation_probability: probability that a value is drawn anew; null takes one per trial.
        crossover_probability: probability that a trial has two parents.
        swapping_probability: probability that a value is the second parent's.
    """
    return NSGAIISampler(
        population_size=population_size,
        mutation_prob=mutation_probability,
        crossover_prob=crossover_probability,
        swapping_prob=swapping_probability,
        seed=_short(seed),
    )


def qmc(
    seed: int,
    study_seed: int,
    *,
    sequence: Literal["sobol", "halton"] = "sobol",
    scramble: bool = False,
) -> BaseSampler:
    """Draws evenly spread values, more evenly than chance; choices are drawn at random beside them.

    Source: James Bergstra, Yoshua Bengio, Random Search for Hyper-Parameter Optimization, 2012,
    section 4.

    Args:
        seed: seed of what this worker draws at random.
        study_seed: seed of the scrambling, which all workers share.
        sequence: the sequence of points.
        scramble: whether the sequence is scrambled.
    """
    with _experiments_allowed():
        return QMCSampler(
            qmc_type=sequence,
            scramble=scramble,
            seed=_short(study_seed),
            independent_sampler=RandomSampler(seed=_short(seed)),
            warn_asynchronous_seeding=False,
            warn_independent_sampling=False,
        )


def _finite(
    dimensions: Mapping[str, Dimension],
) -> dict[str, tuple[str | int | float | bool | None, ...]]:
    found = {name: dimension.values for name, dimension in dimensions.items()}
    endless = [name for name, values in found.items() if values is None]
    if endless:
        raise ValueError(f"'{endless[0]}' has no end of values; give it a step, or choices")
    return {name: values for name, values in found.items() if values is not None}


@contextmanager
def _experiments_allowed() -> Iterator[None]:
    """What Optuna calls experimental may change its interface, which is ours to follow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def _short(seed: int) -> int:
    """NumPy's generators take seeds of 32 bits."""
    return seed % 2**32
