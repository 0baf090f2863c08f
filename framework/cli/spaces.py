"""The space of a search, told to people and to programs."""

from collections.abc import Mapping
from typing import Any

from framework.cli.messages import Cell
from framework.recipe.drawing import drawing_of
from framework.recipe.plans import Plan
from framework.recipe.search_block import Objective, Term
from framework.search_spaces import Dimension
from framework.wording import value_text


def dimensions_of(plan: Plan) -> Mapping[str, Dimension]:
    """All that the search of a plan draws; nothing where it has none."""
    search = plan.recipe.search
    return {} if search is None else drawing_of(plan, search).dimensions()


def search_facts(plan: Plan, num_dimensions: int) -> dict[str, str]:
    """What is sought, and how; nothing where the recipe has no search."""
    search, sampler = plan.recipe.search, plan.components.sampler
    if search is None or sampler is None:
        return {}
    pruner = plan.components.pruner
    ending = "" if pruner is None else f", ended early by {pruner.name}"
    return {
        "search": f"{search.num_trials} trials of {num_dimensions} values, "
        f"drawn by {sampler.name}{ending}",
        "objective": "; ".join(_objective_text(each) for each in search.sought.values()),
    }


def space_rows(dimensions: Mapping[str, Dimension]) -> list[list[Cell]]:
    """Name and values of all that is drawn."""
    return [[name, _values_text(dimension)] for name, dimension in dimensions.items()]


def space_document(dimensions: Mapping[str, Dimension]) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {"name": name, "choices": list(dimension.choices)}
        if dimension.choices
        else {
            "name": name,
            "low": dimension.low,
            "high": dimension.high,
            "step": dimension.step,
            "log": dimension.is_log,
            "integer": dimension.is_integer,
        }
        for name, dimension in dimensions.items()
    ]


def _objective_text(objective: Objective) -> str:
    return f"{objective.direction} {' + '.join(map(_term_text, objective.terms))}"


def _term_text(term: Term) -> str:
    return term.name if term.weight == 1 else f"{term.weight:g} x {term.name}"


def _values_text(dimension: Dimension) -> str:
    if dimension.choices:
        return ", ".join(map(value_text, dimension.choices))
    words = f"{value_text(dimension.low)} to {value_text(dimension.high)}"
    step = dimension.step if dimension.step not in {None, 1} else None
    more = [*(["log"] if dimension.is_log else []), *([] if step is None else [f"steps of {step}"])]
    return ", ".join([words, *more])
