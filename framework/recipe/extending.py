"""`extends`: a recipe laid over another recipe, which may extend a third."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

from framework.errors import Fault, RecipeError
from framework.recipe.documents import Node, Place
from framework.recipe.finding import NoSuchRecipe, locate
from framework.recipe.merging import Merge
from framework.wording import value_text

_KEY = "extends"
_LONGEST_CHAIN = 8
_BAD_EXTENDS = "R014"


class Source(NamedTuple):
    """One recipe file as it stands: its text and its top mapping."""

    text: str
    root: Node


@dataclass(frozen=True)
class Chain:
    """A recipe laid over all that it extends.

    Attributes:
        root: the merged mapping, without `extends`.
        text: what the first file holds.
        files: every file, from the recipe to the last that it extends.
    """

    root: Node
    text: str
    files: tuple[Path, ...]


def read_chain(path: Path, read: Callable[[Path], Source]) -> Chain:
    """Read a recipe and, file by file, what it extends; then lay them over each other.

    Args:
        path: the recipe's file.
        read: reads one file, which must hold a mapping.

    Raises:
        RecipeError: a file cannot be read, extends itself in a circle or more than 8 files deep,
            or a mapping would meet a scalar or a list.
    """
    files, sources = [path], [read(path)]
    while (extends := _extends(sources[-1].root)) is not None:
        files.append(_next_file(extends, files))
        sources.append(read(files[-1]))
    merge = Merge()
    root = _without_extends(sources[-1].root)
    for source in reversed(sources[:-1]):
        root = merge.merged(root, _without_extends(source.root))
    if merge.faults:
        raise RecipeError(merge.faults)
    return Chain(root, sources[0].text, tuple(files))


def _next_file(extends: Node, files: Sequence[Path]) -> Path:
    name = extends.value
    if not isinstance(name, str):
        found = value_text(extends.plain())
        _refuse(f"expected one file or shipped recipe, found {found}", extends.place)
    if "://" in name:
        _refuse(f"'{name}' is a URL", extends.place, "download it and name the file")
    try:
        path = locate(name, files[-1].parent)
    except NoSuchRecipe as error:
        _refuse(f"{error} ({_written([*files, Path(name)])})", extends.place, error.hint)
    chain = [*files, path]
    if path.resolve() in {file.resolve() for file in files}:
        _refuse(f"a recipe extends itself: {_written(chain)}", extends.place)
    if len(chain) > _LONGEST_CHAIN:
        message = f"more than {_LONGEST_CHAIN} recipes extend each other: {_written(chain)}"
        _refuse(message, extends.place)
    return path


def _extends(root: Node) -> Node | None:
    entry = (root.entries or {}).get(_KEY)
    return None if entry is None or entry.node.value is None else entry.node


def _without_extends(root: Node) -> Node:
    entries = {key: entry for key, entry in (root.entries or {}).items() if key != _KEY}
    return Node(entries, root.place)


def _written(files: Sequence[Path]) -> str:
    return " -> ".join(map(str, files))


def _refuse(message: str, place: Place, hint: str = "") -> NoReturn:
    raise RecipeError(Fault(_BAD_EXTENDS, message, _KEY, place, hint))
