"""Samplers and pruners of a search, seeded so that no two draw the same."""

from math import prod
from typing import Any

from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler, CmaEsSampler, GridSampler

from framework.errors import Fault, RecipeError
from framework.recipe.drawing import drawing_of
from framework.recipe.plans import Plan
from framework.runs.search.drawing import search_of
from framework.seeding import derive_seed

_UNTRUSTED_STORAGE = "R078"


def make_sampler(
    plan: Plan, *, worker: int, num_known: int, trusts_storage: bool = False
) -> BaseSampler:
    """Build a sampler for one worker.

    Its seed depends on the number of trials that the study has, so that a search which is continued
    does not replay its start, and on the worker, so that two do not draw the same.

    Args:
        plan: the plan of the search.
        worker: number of the worker.
        num_known: number of trials in the study, whatever has become of them.
        trusts_storage: whether a storage that others may write to is trusted.

    Raises:
        RecipeError: the sampler would execute what a storage holds that others may write to.
    """
    planned = plan.components.sampler
    if planned is None:
        raise ValueError(f"recipe '{plan.recipe.name}' has no sampler")
    given: dict[str, Any] = {
        "seed": derive_seed(plan.root_seed, f"sampler/{worker}", num_known),
        "study_seed": derive_seed(plan.root_seed, "sampler"),
        "dimensions": drawing_of(plan, search_of(plan)).dimensions(),
    }
    sampler: BaseSampler = planned.build(**given)
    if isinstance(sampler, CmaEsSampler) and search_of(plan).storage and not trusts_storage:
        message = f"sampler '{planned.name}' unpickles what others may have written to the storage"
        hint = "take another sampler, or add --trust-storage if nobody else writes there"
        place = plan.document.place(planned.path)
        raise RecipeError(Fault(_UNTRUSTED_STORAGE, message, planned.role, place, hint))
    return sampler


def make_pruner(plan: Plan) -> BasePruner:
    """Build the pruner; where the recipe names none, one that lets all trials end."""
    planned = plan.components.pruner
    pruner: BasePruner = NopPruner() if planned is None else planned.build()
    return pruner


def num_trials_of(plan: Plan, sampler: BaseSampler) -> int:
    """How many trials the search is made of: of a grid, no more than it has points."""
    num_trials = search_of(plan).num_trials
    if not isinstance(sampler, GridSampler):
        return num_trials
    dimensions = drawing_of(plan, search_of(plan)).dimensions().values()
    return min(num_trials, prod(len(dimension.values or ()) for dimension in dimensions))
