"""What was read: plain values, and the place that each key and value came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from framework.errors import Fault, Position
from framework.validation import MISSING_KEY, UNKNOWN_KEY, Problem

Scalar = str | int | float | bool | None
Place = Position | str
Keys = Sequence[str | int]
"""Keys and list indices that lead from the top of a recipe to a value."""

PART_NAME = "R006"
_ABOUT_KEYS = (UNKNOWN_KEY, MISSING_KEY, PART_NAME)


def dotted(path: Keys) -> str:
    """The path as an override spells it: `networks.encoder.channels.0`."""
    return ".".join(map(str, path))


class Entry(NamedTuple):
    """One key of a mapping: where the key stands, and its value."""

    key_place: Place
    node: "Node"


@dataclass(frozen=True)
class Node:
    """A scalar, list or mapping with its place.

    Attributes:
        value: a scalar, a list of nodes, or a mapping from key to entry.
        place: where it begins in a file, or the override that set it, as it was typed.
    """

    value: "Scalar | list[Node] | dict[str, Entry]"
    place: Place

    @property
    def entries(self) -> dict[str, Entry] | None:
        """The keys of a mapping; None for anything else."""
        return self.value if isinstance(self.value, dict) else None

    @property
    def is_from_override(self) -> bool:
        """Whether it was set on the command line rather than in a file."""
        return isinstance(self.place, str)

    def plain(self) -> Any:
        """The values alone, as fresh dicts and lists."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value


@dataclass(frozen=True, eq=False)
class Document:
    """A recipe as it was read, `extends` and overrides carried out, nothing checked yet.

    Attributes:
        root: the top mapping, with places.
        source: the recipe's file.
        source_text: what that file holds.
        chain: every file that was read, from the recipe to the last that it extends.
        notices: what the reader of the outcome should be told, such as keys that were dropped.
    """

    root: Node
    source: Path
    source_text: str
    chain: tuple[Path, ...]
    notices: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """Plain values, as fresh dicts and lists."""
        values: dict[str, Any] = self.root.plain()
        return values

    def place(self, path: Keys, *, of_key: bool = False) -> Place:
        """The place of the value at `path`, or of its key.

        A bare component name is its own `type`. Where the path does not exist: the key of the
        nearest mapping or list around it that does.
        """
        node, key_place = self.root, self.root.place
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                key_place, node = node.value[str(step)]
            elif isinstance(node.value, list) and step in range(len(node.value)):
                node = node.value[int(step)]
                key_place = node.place
            elif step != "type" or not isinstance(node.value, str):
                return key_place
        return key_place if of_key else node.place

    def fault(self, problem: Problem, within: Keys = ()) -> Fault:
        """The problem as a fault with its place in this document.

        Args:
            problem: what is wrong; its path starts at the value at `within`.
            within: where the values stand that were checked, such as `("networks", "encoder")`.
        """
        path = (*within, *problem.path)
        place = self.place(path, of_key=problem.identifier in _ABOUT_KEYS)
        message, key = problem.message, dotted(path)
        if problem.identifier in {UNKNOWN_KEY, MISSING_KEY}:
            key = dotted(path[:-1])
        if problem.identifier == UNKNOWN_KEY and isinstance(place, str):
            message, key = f"no such key '{dotted(path)}'", ""
        return Fault(problem.identifier, message, key, place, problem.hint)

    def faults(self, problems: Sequence[Problem], within: Keys = ()) -> list[Fault]:
        """Several problems as faults, in the order of their places; overrides come last."""
        return sorted((self.fault(problem, within) for problem in problems), key=_order)


def _order(fault: Fault) -> tuple[bool, str, int, int]:
    if isinstance(fault.place, Position):
        return False, fault.place.file, fault.place.line, fault.place.column
    return True, str(fault.place), 0, 0


def mapping_node(entries: Mapping[str, Node], place: Place) -> Node:
    """A mapping whose keys all stand at `place`."""
    return Node({key: Entry(place, node) for key, node in entries.items()}, place)
