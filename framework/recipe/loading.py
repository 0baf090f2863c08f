"""Recipes from files: YAML 1.2 with the place of every key and value, `extends`, overrides.

YAML's parser is asked for events only. Nothing is constructed by it: tags cannot act, aliases
cannot multiply, and depth is counted before anything recurses.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from framework.errors import Fault, Position, RecipeError
from framework.recipe.documents import Document, Entry, Node, Place, dotted
from framework.recipe.extending import Source, read_chain
from framework.recipe.finding import contents_of, find_recipe
from framework.recipe.overrides import apply_overrides, parse_overrides
from framework.recipe.scalars import RefusedScalar, plain_scalar

__all__ = ["Document", "load_document", "read_yaml"]

_MOST_BYTES = 1_000_000
_MOST_NODES = 100_000
_DEEPEST = 40
_MOST_FAULTS = 50
_LONGEST_SHOWN = 80
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*%")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def load_document(recipe: str | Path, overrides: Sequence[str] = ()) -> Document:
    """Read a recipe with all that it extends, and carry the overrides out.

    Args:
        recipe: a file, or the name of a shipped recipe such as `mnist/basic`.
        overrides: dotted keys with values, such as `training.num_epochs=5`.

    Raises:
        RecipeError: the recipe cannot be found, read or merged.
    """
    path = find_recipe(recipe)
    chain = read_chain(path, _read_file)
    root, notices = apply_overrides(chain.root, parse_overrides(overrides, _read_override))
    return Document(root, path, chain.text, chain.files, notices)


def read_yaml(text: str, place: Callable[[int, int], Place]) -> Node:
    """Read one YAML document into nodes.

    Args:
        text: the document, at most 40 levels deep and of at most 100,000 values.
        place: makes a place from line and column, both counted from 1.

    Raises:
        RecipeError: the text is not YAML, is not one document, or uses what recipes leave out:
            tags, anchors, merge keys, directives, keys that are not text, numbers such as `010`;
            the first 50 faults are listed.
    """
    return _Reader(text, place).document()


def _read_file(path: Path) -> Source:
    text = _text_of(path)
    place = partial(Position, str(path))
    root = read_yaml(text, place)
    if root.entries is None:
        found = {list: "a list", type(None): "nothing"}.get(type(root.value), "a single value")
        raise RecipeError(
            Fault("R002", f"a recipe is one mapping, found {found}", place=root.place)
        )
    return Source(text, root)


def _read_override(text: str, override: str) -> Node:
    return read_yaml(text, lambda _line, _column: override)


def _text_of(path: Path) -> str:
    data = contents_of(path, at_most=_MOST_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        place = Position(str(path), *_line_and_column(before, len(before)))
        message = f"not UTF-8 text: found the byte 0x{data[error.start]:02x}"
        raise RecipeError(Fault("R016", message, place=place)) from None


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, index) + 1
    return text.count("\n", 0, start) + 1, index - start + 1


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= _LONGEST_SHOWN else f"'{text[:_LONGEST_SHOWN]}...'"


class _Reader:
    """Turns the events of YAML's parser into nodes, and gathers what is not allowed on the way."""

    def __init__(self, text: str, place: Callable[[int, int], Place]) -> None:
        self._text = text
        self._make_place = place
        self._events = YAML(typ="safe", pure=True, plug_ins=[]).parse(text)
        self._faults: list[Fault] = []
        self._num_nodes = 0

    def document(self) -> Node:
        directive = _DIRECTIVE.match(self._text)
        if directive:
            place = self._make_place(*_line_and_column(self._text, directive.end() - 1))
            self._stop("R009", "directives are not allowed", place)
        root = Node(None, self._make_place(1, 1))
        num_documents = 0
        while not isinstance(event := self._next_event(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                num_documents += 1
            elif isinstance(event, DocumentEndEvent):
                continue
            elif num_documents == 1:
                root = self._node(event, ())
            elif num_documents > 1:
                message = "a recipe is one mapping; a second document begins here"
                self._stop("R002", message, self._place(event))
        if self._faults:
            raise RecipeError(self._faults)
        return root

    def _next_event(self) -> Any:
        try:
            return next(self._events)
        except MarkedYAMLError as error:
            self._stop_at_syntax_error(error)
        except ReaderError as error:
            place = self._make_place(*_line_and_column(self._text, error.position))
            character = f"U+{ord(self._text[error.position]):04X}"
            self._stop("R016", f"the character {character} is not allowed", place)
        except Exception as error:  # the parser's own slips, such as chr() of too large a number
            self._stop("R001", f"not valid YAML: {error}", self._make_place(1, 1))

    def _stop_at_syntax_error(self, error: MarkedYAMLError) -> NoReturn:
        words = f"not valid YAML: {error.problem or error.context}"
        if error.problem and error.context:
            words += f", {error.context}"
        begun, end = error.context_mark, len(self._text.rstrip())
        index = (error.problem_mark or begun).index
        if index >= end:  # the end of the file is no place to look for what was left open
            index = begun.index if begun and begun.index < end else end
        elif begun and begun.line != error.problem_mark.line:
            words += f" that begins in line {begun.line + 1}"
        line, column = _line_and_column(self._text, index)
        shown = self._text[index - column + 1 :].split("\n", 1)[0].rstrip("\r")[:_LONGEST_SHOWN]
        hint = "indent with spaces" if "'\\t'" in words else ""
        self._stop("R001", f"{words}: {shown!r}", self._make_place(line, column), hint)

    def _node(self, event: Any, path: tuple[str | int, ...]) -> Node:
        place = self._place(event)
        self._num_nodes += 1
        if self._num_nodes > _MOST_NODES:
            self._stop("R016", f"more than {_MOST_NODES:,} values", place)
        self._refuse_features(event, path)
        if isinstance(event, CollectionStartEvent) and len(path) >= _DEEPEST:
            self._stop("R016", f"nested more than {_DEEPEST} levels deep", place)
        if isinstance(event, MappingStartEvent):
            return Node(self._mapping(path), place)
        if isinstance(event, SequenceStartEvent):
            return Node(self._list(path), place)
        return Node(self._scalar(event, path), place)

    def _refuse_features(self, event: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(event, AliasEvent):
            found = f"aliases are not allowed, found {_quoted('*' + event.anchor)}"
        elif event.anchor is not None:
            found = f"anchors are not allowed, found {_quoted('&' + event.anchor)}"
        elif event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            found = f"tags are not allowed, found {_quoted(tag)}"
        else:
            return
        self._note("R009", found, event, path)

    def _scalar(self, event: Any, path: tuple[str | int, ...]) -> Any:
        if not isinstance(event, ScalarEvent):
            return None
        if _UNWRITABLE.search(event.value):
            self._note("R007", "text holds a NUL or half a character", event, path)
            return ""
        if event.style is not None or event.tag is not None:
            return event.value
        try:
            return plain_scalar(event.value)
        except RefusedScalar as error:
            self._note("R007", str(error), event, path, error.hint)
            return None

    def _list(self, path: tuple[str | int, ...]) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := self._next_event(), SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := self._next_event(), MappingEndEvent):
            key = self._key(event, path)
            value = self._next_event()
            node = self._node(value, (*path, key or ""))
            if node.value is None and value.start_mark.index == value.end_mark.index:
                node = Node(None, self._place(event))  # nothing is written, so only the key stands
            if key in entries:
                first = entries[key].key_place
                hint = f"it stands in line {first.line} too" if isinstance(first, Position) else ""
                self._note("R003", f"duplicate key {_quoted(key)}", event, path, hint)
            elif key is not None:
                entries[key] = Entry(self._place(event), node)
        return entries

    def _key(self, event: Any, path: tuple[str | int, ...]) -> str | None:
        """The key that an event begins; None for one that cannot be a key, which is noted."""
        num_faults = len(self._faults)
        key = self._node(event, (*path, "")).value
        if isinstance(key, str):
            if key == "<<" and event.style is None:
                self._note("R009", "merge keys are not allowed", event, path, "use extends")
            return key
        if len(self._faults) == num_faults:
            found, hint = "a list or mapping", ""
            if isinstance(event, ScalarEvent):
                found = event.value or "nothing"
                hint = f"write '{event.value}', with quotes" if event.value else ""
            self._note("R009", f"keys are text, found {found}", event, path, hint)
        return None

    def _place(self, event: Any) -> Place:
        return self._make_place(event.start_mark.line + 1, event.start_mark.column + 1)

    def _note(
        self, identifier: str, message: str, event: Any, path: Sequence[str | int], hint: str = ""
    ) -> None:
        fault = Fault(identifier, message, dotted(path), self._place(event), hint)
        self._faults.append(fault)
        if len(self._faults) == _MOST_FAULTS:
            raise RecipeError(self._faults)

    def _stop(self, identifier: str, message: str, place: Place, hint: str = "") -> NoReturn:
        raise RecipeError([*self._faults, Fault(identifier, message, place=place, hint=hint)])
