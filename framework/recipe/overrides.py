"""Overrides from the command line: `training.num_epochs=5` laid over a recipe."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from framework.errors import Fault, RecipeError
from framework.recipe.documents import Node, mapping_node
from framework.recipe.merging import Merge

_DEEPEST = 40


class Override(NamedTuple):
    """One override: the keys that lead to a value, and the value."""

    keys: tuple[str, ...]
    value: Node


def parse_overrides(texts: Sequence[str], read: Callable[[str, str], Node]) -> tuple[Override, ...]:
    """Take overrides apart.

    Args:
        texts: overrides as they were typed.
        read: reads the YAML of a value; is given the value's text and the whole override.

    Raises:
        RecipeError: an override has no key or no value, or its value is not YAML; all are listed.
    """
    faults: list[Fault] = []
    overrides = []
    for text in texts:
        try:
            overrides.append(_parsed(text, read))
        except RecipeError as error:
            faults.extend(error.faults)
    if faults:
        raise RecipeError(faults)
    return tuple(overrides)


def apply_overrides(root: Node, overrides: Sequence[Override]) -> tuple[Node, tuple[str, ...]]:
    """Lay overrides over a recipe, outer keys before inner ones, a `type` before its parameters.

    So the order in which they were typed matters only where two set the same key: the last wins.

    Returns:
        The recipe, and what was dropped because a type has changed.

    Raises:
        RecipeError: a key leads through a scalar or past the end of a list; all are listed.
    """
    merge = Merge()
    for override in sorted(overrides, key=_distance_from_root):
        above = override.value
        for key in reversed(override.keys):
            above = mapping_node({key: above}, above.place)
        root = merge.merged(root, above)
    if merge.faults:
        raise RecipeError(merge.faults)
    return root, tuple(merge.notices)


def _parsed(text: str, read: Callable[[str, str], Node]) -> Override:
    dotted_key, equals, value = text.partition("=")
    keys = tuple(dotted_key.split("."))
    if not equals or not all(key.strip() == key != "" for key in keys):
        raise RecipeError(Fault("R002", "not an override", place=text, hint="write key=value"))
    if len(keys) > _DEEPEST:
        message = f"a key at most {_DEEPEST} levels deep, found {len(keys)}"
        raise RecipeError(Fault("R016", message, place=text))
    if keys == ("extends",):
        message = "a recipe is extended before overrides are applied"
        hint = "write extends in a recipe of your own"
        raise RecipeError(Fault("R014", message, place=text, hint=hint))
    if not value.strip():
        hint = f"write {dotted_key}=null to take it away, {dotted_key}=\"''\" for empty text"
        raise RecipeError(Fault("R002", "no value after '='", place=text, hint=hint))
    return Override(keys, read(value, text))


def _distance_from_root(override: Override) -> int:
    return len(override.keys) - (override.keys[-1] == "type")
