"""One recipe laid over another: mappings merge, lists replace, null takes a key away."""

from collections.abc import Mapping

from framework.errors import Fault
from framework.recipe.documents import Entry, Node, dotted, mapping_node
from framework.wording import value_text

_TYPE = "type"
_ORIGIN = "from"

Path = tuple[str | int, ...]


class Merge:
    """Lays recipes over each other and remembers what went wrong.

    A mapping that holds `type` is a component, and a bare name beside a mapping counts as
    `{type: name}`; a component of another type replaces the whole component below it. A mapping of
    numbers laid over a list by an override changes those items. A network `from` elsewhere and one
    with a `type` replace each other as a whole.

    Attributes:
        faults: places where a mapping would meet a scalar or a list.
        notices: keys that an override dropped by changing a type.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notices: list[str] = []

    def merged(self, below: Node, above: Node, path: Path = ()) -> Node:
        """`above` laid over `below`; neither is changed."""
        below, above = _as_components(below, above)
        if isinstance(above.value, dict) and isinstance(below.value, dict):
            return self._mapping(below, below.value, above, above.value, path)
        if isinstance(above.value, dict) and isinstance(below.value, list):
            if above.is_from_override:
                return self._list(below, below.value, above.value, path)
        elif not isinstance(above.value, dict) and not isinstance(below.value, dict):
            return above
        if below.value is not None and above.value is not None:
            self._refuse(below, above, path)
        return above

    def _mapping(
        self,
        below: Node,
        old: Mapping[str, Entry],
        above: Node,
        new: Mapping[str, Entry],
        path: Path,
    ) -> Node:
        if _changes_type(old, new):
            self._notice(old, new, above)
            return above
        entries = dict(old)
        for key, entry in new.items():
            if key not in old:
                entries[key] = entry
            elif entry.node.value is None:
                del entries[key]
            else:
                place = old[key].key_place if entry.node.is_from_override else entry.key_place
                entries[key] = Entry(place, self.merged(old[key].node, entry.node, (*path, key)))
        return Node(entries, below.place if above.is_from_override else above.place)

    def _list(self, below: Node, old: list[Node], new: Mapping[str, Entry], path: Path) -> Node:
        items = list(old)
        for key, entry in new.items():
            if key.isdecimal() and int(key) < len(items):
                index = int(key)
                items[index] = self.merged(items[index], entry.node, (*path, index))
            else:
                known = f"it has the items 0 to {len(items) - 1}" if items else "it is empty"
                message = f"no such item '{key}' in the list '{dotted(path)}'"
                self.faults.append(Fault("R004", message, place=entry.key_place, hint=known))
        return Node(items, below.place)

    def _refuse(self, below: Node, above: Node, path: Path) -> None:
        message = (
            f"{_noun(above)} cannot be merged with {_noun(below)}, which stands at {below.place}"
        )
        self.faults.append(Fault("R015", message, dotted(path), above.place))

    def _notice(self, old: Mapping[str, Entry], new: Mapping[str, Entry], above: Node) -> None:
        dropped = ", ".join(key for key in old if key not in new)
        if above.is_from_override and dropped:
            previous = (old.get(_TYPE) or old[_ORIGIN]).node.value
            self.notices.append(f"{above.place}: dropped what '{previous}' had set: {dropped}")


def _as_components(below: Node, above: Node) -> tuple[Node, Node]:
    if isinstance(above.value, dict) and isinstance(below.value, str):
        return mapping_node({_TYPE: below}, below.place), above
    is_component = isinstance(below.value, dict) and not {_TYPE, _ORIGIN}.isdisjoint(below.value)
    if is_component and isinstance(above.value, str):
        return below, mapping_node({_TYPE: above}, above.place)
    return below, above


def _changes_type(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> bool:
    if _ORIGIN in new:
        return _ORIGIN not in old and _TYPE in old
    if _TYPE not in new or old.keys().isdisjoint({_TYPE, _ORIGIN}):
        return False
    return _TYPE not in old or old[_TYPE].node.value != new[_TYPE].node.value


def _noun(node: Node) -> str:
    if isinstance(node.value, dict):
        return "a mapping"
    return "a list" if isinstance(node.value, list) else value_text(node.value)
