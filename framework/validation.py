"""Strict checking of values against their types, and what is wrong with them in our own words."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from framework.errors import nearest_hint
from framework.wording import (
    Schema,
    branches_of,
    expected_words,
    is_plain,
    schemas_within,
    value_hint,
    value_text,
)

T_co = TypeVar("T_co", covariant=True)
Path = tuple[str | int, ...]

UNKNOWN_KEY = "R004"
MISSING_KEY = "R010"
WRONG_VALUE = "R012"

_UNKNOWN_KEY_ERRORS = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING_KEY_ERRORS = ("missing", "missing_argument", "missing_keyword_only_argument")
_OWN_WORDS_ERRORS = ("value_error", "assertion_error")
_KEY = "[key]"  # how pydantic's locations end where the key itself is wrong
_IDENTIFIER = re.compile(r"[A-Z]\d{3}")


@dataclass(frozen=True)
class Problem:
    """One value that is wrong.

    Attributes:
        path: keys and indices that lead to the value; ends with the key that is unknown or missing.
        message: what is wrong, with the value found.
        hint: the way out; may be empty.
        identifier: stable name of the kind of fault.
    """

    path: Path
    message: str
    hint: str = ""
    identifier: str = WRONG_VALUE


class InvalidValues(ValueError):  # noqa: N818  a finding, which the caller places in a recipe
    """Some values do not fit their types.

    Attributes:
        problems: everything that was found.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"{'.'.join(map(str, found.path))}: {found.message}" for found in problems)
        super().__init__("\n".join(lines))


@runtime_checkable
class Checker(Protocol[T_co]):
    """Makes a value of one type: pydantic's `TypeAdapter`, whose own name beartype refuses."""

    def validate_json(self, data: str, /, *, strict: bool | None = None) -> T_co:
        """The value that the JSON text stands for."""

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of such values."""


def validated(adapter: Checker[T_co], values: Mapping[str, Any]) -> T_co:
    """Check plain values strictly and return what the adapter makes of them.

    Nothing is converted in silence: `"7"` is not 7, `true` is not 1, 1.0 is not an integer. A list
    serves for a tuple, a string for a path or an enumeration, 1 for a float. NaN and infinities are
    refused everywhere, as is whatever JSON cannot express.

    A validator of the adapter's type may raise `ValueError` with a message of its own, or
    `PydanticCustomError(identifier, message, {"hint": …})` to choose identifier and hint too.

    Raises:
        InvalidValues: some values are missing, unknown or wrong; all of them are listed.
    """
    refused: list[Path] = []
    expressible = _expressible(values, (), refused)
    details: list[ErrorDetails] = []
    try:
        result = adapter.validate_json(json.dumps(expressible), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False)
    else:
        if not refused:
            return result
    raise InvalidValues(_Examiner(adapter.json_schema(), values).problems(refused, details))


def _expressible(value: Any, path: Path, refused: list[Path]) -> Any:
    """A copy for `json.dumps`, with null in the place of what is refused."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _expressible(item, (*path, key), refused) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_expressible(item, (*path, i), refused) for i, item in enumerate(value)]
    if is_plain(value):
        return value
    refused.append(path)
    return None


class _Examiner:
    """Explains what pydantic found by looking at the values and at the whole schema."""

    def __init__(self, schema: Schema, values: Mapping[str, Any]) -> None:
        self._schema = schema
        self._definitions: Schema = schema.get("$defs", {})
        self._values = values

    def problems(self, refused: Sequence[Path], details: Sequence[ErrorDetails]) -> list[Problem]:
        found = {path: self._wrong_value(path) for path in refused}
        of_union_members = set()
        for detail in details:
            path = self._path(detail)
            if len(path) < len(detail["loc"]) and detail["loc"][-1] != _KEY:
                of_union_members.add(path)
            found.setdefault(path, self._problem(path, detail))
        for path in of_union_members:  # another member got further into the value
            if any(len(other) > len(path) and other[: len(path)] == path for other in found):
                del found[path]
        return list(found.values())

    def _path(self, detail: ErrorDetails) -> Path:
        """Pydantic's location without the names of union members and validators in it."""
        path: Path = ()
        value: Any = self._values
        for step in detail["loc"]:
            if _leads_on(value, step):
                value = value[step]
            elif detail["type"] not in _MISSING_KEY_ERRORS or step != detail["loc"][-1]:
                continue
            path = (*path, step)
        return path

    def _problem(self, path: Path, detail: ErrorDetails) -> Problem:
        if detail["type"] in _UNKNOWN_KEY_ERRORS:
            return self._unknown_key(path)
        if detail["type"] in _MISSING_KEY_ERRORS:
            hint = f"expected {expected_words(self._schema_at(path), self._definitions)}"
            return Problem(path, f"'{path[-1]}' is missing", hint, MISSING_KEY)
        if detail["loc"] and detail["loc"][-1] == _KEY:
            return _wrong_key(path, detail)
        return _own_words(path, detail) or self._wrong_value(path)

    def _unknown_key(self, path: Path) -> Problem:
        key = str(path[-1])
        branches = branches_of(self._schema_at(path[:-1]), self._definitions)
        known = sorted({name for branch in branches for name in branch.get("properties", ())})
        listed = f"known: {', '.join(known)}" if known else "nothing can be set here"
        return Problem(
            path, f"no such key '{key}'", nearest_hint(key, known) or listed, UNKNOWN_KEY
        )

    def _wrong_value(self, path: Path) -> Problem:
        value: Any = self._values
        for step in path:
            value = value[step]
        schema = self._schema_at(path)
        words = expected_words(schema, self._definitions)
        wanted = "a plain value"
        if isinstance(value, float) and not isfinite(value):
            wanted = "a finite number"
            words = words.replace("a number", wanted)
        words = words.replace("any value", wanted)
        message = f"expected {words}, found {value_text(value)}"
        return Problem(path, message, value_hint(value, schema, self._definitions))

    def _schema_at(self, path: Path) -> Schema:
        """Everything that the schema says about the value at a path, as a union."""
        schema = self._schema
        for step in path:
            branches = branches_of(schema, self._definitions)
            schema = {"anyOf": [found for b in branches for found in schemas_within(b, step)]}
        return schema


def _leads_on(value: object, step: str | int) -> bool:
    if isinstance(value, Mapping):
        return step in value
    return isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)


def _own_words(path: Path, detail: ErrorDetails) -> Problem | None:
    """What a validator of the type itself says, if it was one that complained."""
    context = detail.get("ctx", {})
    if detail["type"] in _OWN_WORDS_ERRORS:
        return Problem(path, str(context["error"]))
    if _IDENTIFIER.fullmatch(detail["type"]):
        return Problem(path, detail["msg"], context.get("hint", ""), detail["type"])
    return None


def _wrong_key(path: Path, detail: ErrorDetails) -> Problem:
    pattern = detail.get("ctx", {}).get("pattern")
    hint = f"keys match {pattern}" if pattern else ""
    return _own_words(path, detail) or Problem(path, f"'{path[-1]}' cannot be a key here", hint)
