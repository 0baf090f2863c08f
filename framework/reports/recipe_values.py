"""The resolved recipe of a run: its text, its words, and where two of them differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework.recipe.loading import load_document
from framework.wording import value_text

MISSING = "—"


@dataclass(frozen=True)
class Difference:
    """A key that runs do not agree on, with the value of each."""

    key: str
    values: Sequence[str]


def read_recipe_text(directory: Path, name: str) -> str:
    """A recipe file of a run directory; empty where it is missing."""
    path = directory / name
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def read_resolved(directory: Path) -> dict[str, Any]:
    """The resolved recipe as plain values; empty where it is missing."""
    path = directory / "resolved.yaml"
    return dict(load_document(path).root.plain()) if path.is_file() else {}


def opening_words(text: str) -> str:
    """The comment that a recipe begins with, which says what it is for."""
    words = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words.append(line.lstrip("# ").rstrip())
    return " ".join(words)


def component_names(value: Any) -> str:
    """What a recipe names in a place: a component, or several one by one."""
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    if "type" in value:
        return str(value["type"])
    if "from" in value:
        return f"from {value['from']}"
    return ", ".join(f"{name} {component_names(each)}" for name, each in value.items())


def differences(recipes: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """The keys whose values are not the same in all recipes, in the order of the recipes."""
    flat = [dict(_leaves(recipe)) for recipe in recipes]
    keys = dict.fromkeys(key for each in flat for key in each)
    rows = [Difference(key, [each.get(key, MISSING) for each in flat]) for key in keys]
    return [row for row in rows if len(set(row.values)) > 1 and row.key != "name"]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The values of a recipe by dotted key; lists of plain values stay whole."""
    if isinstance(value, Mapping) and value:
        steps = value.items()
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        steps = {str(number): item for number, item in enumerate(value)}.items()
    else:
        yield key, value_text(value)
        return
    for step, item in steps:
        yield from _leaves(item, f"{key}.{step}" if key else str(step))
