"""Trackers that the command line adds to a recipe."""

from collections.abc import Sequence
from dataclasses import replace

from framework.recipe.documents import Document, Entry, Node


def with_trackers(document: Document, names: Sequence[str]) -> Document:
    """The document with trackers added to its list; those that it names already stay as they are.

    Args:
        document: a recipe.
        names: the trackers' names.
    """
    place = " ".join(f"--track {name}" for name in names)
    entries = document.root.entries
    if not names or entries is None:
        return document
    entry = entries.get("trackers", Entry(place, Node([], place)))
    listed = [] if entry.node.value is None else entry.node.value
    if not isinstance(listed, list):  # which the schema is going to refuse
        return document
    known = {_type_of(node) for node in listed}
    added = [Node(name, f"--track {name}") for name in dict.fromkeys(names) if name not in known]
    trackers = Entry(entry.key_place, Node([*listed, *added], entry.node.place))
    root = Node({**entries, "trackers": trackers}, document.root.place)
    return replace(document, root=root)


def _type_of(node: Node) -> object:
    plain = node.plain()
    return plain.get("type") if isinstance(plain, dict) else plain
