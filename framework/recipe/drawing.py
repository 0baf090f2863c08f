"""What a search draws for one trial, and what that changes in its recipe."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from framework.recipe.component_specs import ComponentSpec
from framework.recipe.construction import construction
from framework.recipe.documents import Document
from framework.recipe.overlays import overlaid, value_at, with_keys
from framework.recipe.plans import Plan
from framework.recipe.search_block import Choices, Conditions, Range, Search
from framework.search_spaces import Choose, Dimension, Drawn, Number, SearchSpace


@dataclass(frozen=True)
class Draw:
    """What a trial changes in the recipe of its search.

    Attributes:
        overrides: dotted place → plain value, to be laid over the recipe.
    """

    overrides: Mapping[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """The single values that were drawn, by their dotted places, for people to read."""
        return dict(_leaves(self.overrides))


@dataclass(frozen=True)
class Drawing:
    """Draws trials from a space, all dimensions in each of them.

    Attributes:
        search: the block of the recipe.
        spaces: the components that draw parts of it, built, by their places.
        document: the recipe that is searched.
    """

    search: Search
    spaces: Mapping[str, SearchSpace]
    document: Document

    def draw(self, choose: Choose, *, is_lazy: bool = False) -> Draw:
        """Draw one trial.

        Args:
            choose: draws the values.
            is_lazy: whether what is under a condition is drawn only where the condition holds.
        """
        overrides: dict[str, Any] = {}
        for key in self._order:
            conditions = conditions_of(self.search.space[key])
            holds = not conditions or self._hold(conditions, overrides)
            if holds or not is_lazy:
                drawn = self._entry(key, choose)
                overrides |= {key: drawn} if holds else {}
        return Draw(overrides)

    def dimensions(self) -> dict[str, Dimension]:
        """All that is drawn, by name."""
        found: dict[str, Dimension] = {}
        for key in self._order:
            entry = self.search.space[key]
            is_dependent = isinstance(entry, ComponentSpec) or bool(conditions_of(entry))
            recorder = _Recorder()
            self._entry(key, Choose(recorder))
            found |= {d.name: replace(d, is_dependent=is_dependent) for d in recorder.met}
        return found

    @cached_property
    def _order(self) -> list[str]:
        """Places in the order of the recipe, but what is asked for before what asks for it."""
        return drawing_order(self.search)

    def _hold(self, conditions: Conditions, overrides: Mapping[str, Any]) -> bool:
        values = overlaid(self.document, overrides).values
        return all(holds(wanted, value_at(values, key)) for key, wanted in conditions.items())

    def _entry(self, key: str, choose: Choose) -> Any:
        entry = self.search.space[key]
        if isinstance(entry, Range):
            return _number(key, entry, choose)
        if isinstance(entry, Choices):
            by_key = entry.by_key
            return by_key[choose.one_of(key, tuple(by_key))]
        return json.loads(json.dumps(self.spaces[key].draw(choose.within(key))))


def drawing_of(plan: Plan, search: Search) -> Drawing:
    """Build what a plan's search draws with.

    Raises:
        RecipeError: a component refuses its values.
        PluginError: it fails in a way that no recipe explains.
    """
    spaces: dict[str, SearchSpace] = {}
    for key, planned in plan.components.spaces.items():
        with construction(planned, plan.document):
            spaces[key] = planned.build(data=plan.data)
    return Drawing(search, spaces, plan.document)


def trial_document(plan: Plan, draw: Draw) -> Document:
    """The recipe of one trial: what was drawn laid over the recipe that is searched.

    Raises:
        RecipeError: what was drawn stands where nothing can.
    """
    changes: dict[str, Any] = {"search": None, "seeds": None, "executor": None}
    changes |= {"seed": plan.root_seed, "name": plan.recipe.name}
    return with_keys(overlaid(plan.document, draw.overrides), **changes)


def conditions_of(entry: Range | Choices | ComponentSpec) -> Conditions:
    """What must hold for a drawn value to count; a component's always do."""
    return {} if isinstance(entry, ComponentSpec) else entry.when


def drawing_order(search: Search) -> list[str]:
    """Places of a space so that each comes after those that its conditions ask for.

    Raises:
        CycleError: conditions ask for each other in a circle.
    """
    conditional = [key for key, entry in search.space.items() if conditions_of(entry)]
    needs = {
        key: [
            other
            for other in conditional
            for wanted in conditions_of(search.space[key])
            if is_within(wanted, other) or is_within(other, wanted)
        ]
        for key in conditional
    }
    first = [key for key in search.space if key not in needs]
    return [*first, *TopologicalSorter(needs).static_order()]


def is_within(key: str, place: str) -> bool:
    """Whether a dotted key is a place, or lies within it."""
    return key == place or key.startswith(f"{place}.")


def holds(wanted: Any, found: Any) -> bool:
    """Whether a value is the one that a condition asks for, or one of several."""
    return found in wanted if isinstance(wanted, list) else bool(found == wanted)


def _number(key: str, entry: Range, choose: Choose) -> Number | None:
    is_null = entry.or_null and choose.one_of(f"{key}.is_null", (False, True))
    if entry.is_integer:
        step = 1 if entry.step is None else int(entry.step)
        low, high = int(entry.low), int(entry.high)
        number: Number = choose.integer(key, low, high, log=entry.log, step=step)
    else:
        number = choose.number(key, entry.low, entry.high, log=entry.log, step=entry.step)
    return None if is_null else number


class _Recorder:
    """Answers the first value of every dimension, and remembers the dimension."""

    def __init__(self) -> None:
        self.met: list[Dimension] = []

    def __call__(self, dimension: Dimension) -> Drawn:
        self.met.append(dimension)
        return dimension.choices[0] if dimension.choices else dimension.low


def _leaves(values: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", value
