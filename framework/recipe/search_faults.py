"""What is wrong with a search, found by drawing from its space before any trial is spent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError
from typing import Any

from framework.errors import Fault, Position, RecipeError, nearest_hint
from framework.fencing import plugin_code
from framework.recipe.component_specs import ComponentSpec
from framework.recipe.construction import construction
from framework.recipe.documents import Document, Keys, dotted
from framework.recipe.drawing import (
    Draw,
    conditions_of,
    drawing_of,
    drawing_order,
    is_within,
    trial_document,
)
from framework.recipe.overlays import value_at
from framework.recipe.plans import Plan
from framework.recipe.probes import probes
from framework.recipe.resolution import resolve
from framework.recipe.schema import read_recipe
from framework.recipe.search_block import Choices, Search, Term
from framework.search_spaces import Dimension
from framework.validation import UNKNOWN_KEY
from framework.wording import value_text

BAD_SPACE = "R034"
"""A place that cannot be drawn, or not like this."""


def search_faults(plan: Plan, measured: Sequence[str]) -> list[Fault]:
    """Draw the corners of a space, every choice and some draws between, and check their recipes.

    Networks are not built: a draw whose layers do not fit is no fault, it is drawn again.

    Args:
        plan: the plan of a recipe, with or without a search.
        measured: what can be an objective.

    Raises:
        RecipeError: a component that draws, a sampler or a pruner refuses its values.
        PluginError: one of them fails.
    """
    search = plan.recipe.search
    if search is None:
        return []
    faults = [*_condition_faults(search, plan.document)]
    faults += _objective_faults(plan, search, measured)
    if faults:
        return faults
    drawing = drawing_of(plan, search)
    with plugin_code("search.space", "a component fails to draw"):
        dimensions = drawing.dimensions()
        draws = [drawing.draw(choose) for choose in probes([*dimensions.values()])]
    faults += [*_overlap_faults(search, draws[0], plan.document), *_draw_faults(plan, draws)]
    if not faults:
        _require_others(plan, dimensions)
    return faults


def _condition_faults(search: Search, document: Document) -> Iterator[Fault]:
    for key, entry in search.space.items():
        for wanted, values in conditions_of(entry).items():
            path = ("search", "space", key, "when", wanted)
            others = {k: e for k, e in search.space.items() if k != key and is_within(wanted, k)}
            if not others:
                message = f"'{wanted}' is not drawn, so nothing can depend on it"
                hint = nearest_hint(wanted, search.space) or f"drawn are {list(search.space)}"
                yield _fault(document, path, message, hint)
            for value in values if isinstance(values, list) else [values]:
                possible = [v for k, e in others.items() for v in _possible(wanted, k, e)]
                if possible and value not in possible:
                    message = f"'{wanted}' is never {value_text(value)}"
                    known = [v for v in possible if isinstance(v, str)]
                    hint = nearest_hint(str(value), known) or f"it may be {value_text(possible)}"
                    yield _fault(document, path, message, hint)
    try:
        drawing_order(search)
    except CycleError as error:
        circle = " -> ".join(map(str, error.args[1]))
        message = f"conditions ask for each other in a circle: {circle}"
        yield _fault(document, ("search", "space", error.args[1][0]), message, "")


def _possible(wanted: str, key: str, entry: Any) -> list[Any]:
    """All values that a place can take, where one choice decides it."""
    if not isinstance(entry, Choices):
        return []
    inner = wanted[len(key) + 1 :]
    return [value_at(value, inner) if inner else value for value in entry.choices]


def _objective_faults(plan: Plan, search: Search, measured: Sequence[str]) -> Iterator[Fault]:
    for path, term in _terms(search):
        known = term.metric is None or term.metric in measured
        if not known and not plan.components.handlers:  # a handler may add metrics of its own
            message = f"no metric named '{term.metric}'"
            hint = nearest_hint(str(term.metric), measured) or f"there are {list(measured)}"
            yield _fault(plan.document, (*path, "metric"), message, hint, "R005")
        if term.parameter is not None:
            found = value_at(plan.resolved, term.parameter)
            if isinstance(found, bool) or not isinstance(found, int | float):
                message = f"expected a number at '{term.parameter}', found {value_text(found)}"
                place = (*path, "parameter")
                yield _fault(plan.document, place, message, "name a number of the recipe")


def _terms(search: Search) -> Iterator[tuple[tuple[str | int, ...], Term]]:
    """Every term with its place, where it is written."""
    path: tuple[str | int, ...]
    for name, objective in search.sought.items():
        path = ("search", "objectives", name) if search.objectives else ("search", "objective")
        for index, term in enumerate(objective.terms):
            yield (*path, objective.direction, index), term
    for index, constraint in enumerate(search.constraints):
        yield ("search", "constraints", index), constraint


def _overlap_faults(search: Search, drawn: Draw, document: Document) -> Iterator[Fault]:
    """Places that a component draws and that stand in the space for themselves."""
    for key, entry in search.space.items():
        if not isinstance(entry, ComponentSpec):
            continue
        leaves = Draw({key: drawn.overrides[key]}).values
        for other in search.space:
            if other != key and any(is_within(leaf, other) for leaf in leaves):
                message = f"'{other}' is drawn by '{entry.type}' already"
                yield _fault(document, ("search", "space", other), message, "leave one of them out")


def _draw_faults(plan: Plan, draws: Sequence[Draw]) -> list[Fault]:
    """What is wrong with the recipes of some trials, each fault once."""
    found: dict[tuple[str, str, str], Fault] = {}
    for draw in draws:
        try:
            document = trial_document(plan, draw)
            resolve(read_recipe(document), document, plan.registry, plan.upstreams)
        except RecipeError as error:
            for fault in error.faults:
                placed = _in_space(fault, draw, plan.document)
                found.setdefault((fault.identifier, fault.key, str(placed.place)), placed)
    return sorted(found.values(), key=_order)


def _is_below_another(key: str, draw: Draw) -> bool:
    return any(key != other and is_within(key, other) for other in draw.overrides)


def _order(fault: Fault) -> tuple[str, int, int]:
    place = fault.place
    return (
        (place.file, place.line, place.column)
        if isinstance(place, Position)
        else (f"{place}", 0, 0)
    )


def _in_space(fault: Fault, draw: Draw, document: Document) -> Fault:
    """The fault of a drawn value, at the place of the space that it was drawn from."""
    if not isinstance(fault.place, str):
        return fault
    for key, value in draw.overrides.items():
        if fault.place == f"{key}={value_text(value)}":
            path = ("search", "space", key)
            hint = fault.hint
            if fault.identifier == UNKNOWN_KEY and _is_below_another(key, draw):
                hint = f"{hint}; if it belongs to one of the choices above it, write `when`"
            place = document.place(path, of_key=True)
            return replace(fault, key=fault.key or dotted(path), place=place, hint=hint)
    return fault


def _require_others(plan: Plan, dimensions: Mapping[str, Dimension]) -> None:
    """Ask sampler and pruner whether they take their values, and this space."""
    components = plan.components
    given: dict[str, Any] = {"seed": 0, "study_seed": 0, "dimensions": dimensions}
    for planned in (components.sampler, components.pruner):
        if planned is not None:
            with construction(planned, plan.document):
                planned.build(**given)


def _fault(
    document: Document, path: Keys, message: str, hint: str, identifier: str = BAD_SPACE
) -> Fault:
    return Fault(identifier, message, dotted(path), document.place(path), hint)
