"""Samplers and pruners of a search, seeded so that no two draw the same."""

from typing import Any

from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler, BruteForceSampler, CmaEsSampler, GridSampler

from framework.errors import Fault, RecipeError
from framework.recipe.drawing import drawing_of
from framework.recipe.plans import Plan
from framework.runs.search.combinations import Combinations
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
    drawing = drawing_of(plan, search_of(plan))
    given: dict[str, Any] = {
        "seed": derive_seed(plan.root_seed, f"sampler/{worker}", num_known),
        "study_seed": derive_seed(plan.root_seed, "sampler"),
        "dimensions": drawing.dimensions(),
    }
    sampler: BaseSampler = planned.build(**given)
    if isinstance(sampler, CmaEsSampler) and search_of(plan).storage and not trusts_storage:
        message = f"sampler '{planned.name}' unpickles what others may have written to the storage"
        hint = "take another sampler, or add --trust-storage if nobody else writes there"
        place = plan.document.place(planned.path)
        raise RecipeError(Fault(_UNTRUSTED_STORAGE, message, planned.role, place, hint))
    if isinstance(sampler, GridSampler | BruteForceSampler):
        is_lazy = isinstance(sampler, BruteForceSampler)
        return Combinations(drawing, given["study_seed"], is_lazy=is_lazy)
    return sampler


def num_combinations(plan: Plan, at_most: int) -> int | None:
    """How many different trials a sampler has that tries each once; None where it has no end.

    Args:
        plan: the plan of the search.
        at_most: what is answered where there are more.
    """
    sampler = make_sampler(plan, worker=0, num_known=0, trusts_storage=True)  # it draws nothing
    return sampler.count(at_most) if isinstance(sampler, Combinations) else None


def make_pruner(plan: Plan) -> BasePruner:
    """Build the pruner; where the recipe names none, one that lets all trials end."""
    planned = plan.components.pruner
    pruner: BasePruner = NopPruner() if planned is None else planned.build()
    return pruner
