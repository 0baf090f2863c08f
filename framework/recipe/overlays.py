"""Plain values laid over a recipe, as an override from the command line would be."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from framework.recipe.documents import Document, Entry, Node, Place, mapping_node
from framework.recipe.overrides import Override, apply_overrides
from framework.wording import value_text


def overlaid(document: Document, values: Mapping[str, Any]) -> Document:
    """Lay values over a recipe; outer keys come before inner ones, a type before its parameters.

    Args:
        document: the recipe.
        values: dotted keys, in which a number indexes a list, with plain values; None takes a key
            away.

    Raises:
        RecipeError: a key leads through a scalar or past the end of a list; all are listed, in
            their place the value as one would write it on the command line.
    """
    overrides = [
        Override(tuple(key.split(".")), plain_node(value, f"{key}={value_text(value)}"))
        for key, value in values.items()
    ]
    root, _ = apply_overrides(document.root, overrides)
    return replace(document, root=root, notices=())


def plain_node(value: Any, place: Place) -> Node:
    """A plain value as a node, all of which stands at one place."""
    if isinstance(value, Mapping):
        return mapping_node({k: plain_node(v, place) for k, v in value.items()}, place)
    if isinstance(value, list):
        return Node([plain_node(item, place) for item in value], place)
    return Node(value, place)


def with_keys(document: Document, **changes: Any) -> Document:
    """The recipe with some of its outermost keys replaced as a whole; None takes a key away."""
    entries = {k: entry for k, entry in (document.root.entries or {}).items() if k not in changes}
    for key, value in changes.items():
        if value is not None:
            place = document.place((key,))
            entries[key] = Entry(place, plain_node(value, place))
    return replace(document, root=Node(entries, document.root.place))


def value_at(values: Any, key: str) -> Any:
    """The value at a dotted key of plain values; None where there is none.

    A bare component name is its own `type`.
    """
    for step in key.split("."):
        if isinstance(values, Mapping):
            values = values.get(step)
        elif isinstance(values, list) and step.isdecimal() and int(step) < len(values):
            values = values[int(step)]
        elif not (isinstance(values, str) and step == "type"):
            return None
    return values
