"""What a schema expects and what was found, in the words that users read."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from framework.errors import nearest_hint

Schema = Mapping[str, Any]

_LONGEST_TEXT = 60
_LONGEST_INTEGER_BITS = 4096  # Python refuses to write integers of more than 4,300 digits
_NOUNS = {
    "integer": ("an integer", "integers"),
    "number": ("a number", "numbers"),
    "boolean": ("true or false", "booleans"),
    "object": ("a mapping", "mappings"),
    "null": ("null", "nulls"),
}
_BOUNDS = {
    "exclusiveMinimum": "greater than",
    "minimum": "at least",
    "exclusiveMaximum": "less than",
    "maximum": "at most",
    "multipleOf": "divisible by",
}
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def expected_words(schema: Schema, definitions: Schema | None = None) -> str:
    """What a JSON Schema accepts, in words: `an integer of at least 1 or null`.

    Args:
        schema: schema of one value.
        definitions: what its references refer to.
    """
    known = definitions or {}
    return _any_of(branches_of(schema, known), known, plural=False)


def value_text(value: object) -> str:
    """A value as it would stand in a recipe, cut to about 60 characters."""
    text = _yaml_text(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def value_hint(value: object, schema: Schema, definitions: Schema) -> str:
    """The way from a wrong value to one that the schema accepts; empty where none is obvious."""
    branches = branches_of(schema, definitions)
    kinds = {str(branch.get("type")) for branch in branches}
    if isinstance(value, str):
        return _hint_for_text(value, branches, kinds)
    if isinstance(value, float) and value.is_integer() and "integer" in kinds:
        return f"write {int(value)}"
    if isinstance(value, bool | int | float) and kinds == {"string"}:
        return f"write '{_yaml_text(value)}', with quotes"
    return ""


def is_plain(value: object) -> bool:
    """Whether JSON can express a value that is neither a list nor a mapping; NaN is not plain."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return value.bit_length() <= _LONGEST_INTEGER_BITS
    if isinstance(value, str):
        return not re.search("[\ud800-\udfff]", value)  # half a character, which UTF-8 cannot hold
    return value is None


def branches_of(schema: Schema, definitions: Schema) -> list[Schema]:
    """The members of a union, or the schema alone; references are resolved."""
    if "$ref" in schema:
        return branches_of(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    members = schema.get("anyOf", schema.get("oneOf"))
    if members is None:
        return [schema]
    return [branch for member in members for branch in branches_of(member, definitions)]


def schemas_within(branch: Schema, step: str | int) -> Iterator[Schema]:
    """The schemas of what lies under a key or index of a list or mapping."""
    if isinstance(step, int):
        fixed = branch.get("prefixItems", ())
        yield from [fixed[step]] if step < len(fixed) else _mappings(branch.get("items"))
    elif step in branch.get("properties", {}):
        yield branch["properties"][step]
    else:
        yield from branch.get("patternProperties", {}).values()
        yield from _mappings(branch.get("additionalProperties"))


def _mappings(schema: object) -> list[Schema]:
    return [schema] if isinstance(schema, Mapping) else []


def _any_of(branches: Iterable[Schema], definitions: Schema, *, plural: bool) -> str:
    words = [_words(branch, definitions, plural=plural) for branch in branches]
    distinct = sorted(dict.fromkeys(words), key=lambda word: word == "null")  # null comes last
    return " or ".join(distinct) or ("values" if plural else "any value")


def _words(schema: Schema, definitions: Schema, *, plural: bool) -> str:
    kind = schema.get("type")
    members = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if members is not None:
        listed = ", ".join(map(value_text, members))
        return f"any of {listed}" if plural else f"one of {listed}" if members[1:] else listed
    if kind == "array":
        return _list_words(schema, definitions, plural=plural)
    if kind == "string":
        noun = ("a path", "paths") if schema.get("format") == "path" else ("a string", "strings")
        return noun[plural] + _length_words(schema)
    if kind in _NOUNS:
        return _NOUNS[kind][plural] + _bound_words(schema)
    return "values" if plural else "any value"


def _list_words(schema: Schema, definitions: Schema, *, plural: bool) -> str:
    noun = "lists" if plural else "a list"
    items = schema.get("prefixItems") or _mappings(schema.get("items"))
    branches = [branch for item in items for branch in branches_of(item, definitions)]
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if least == most:
        count = f"{least} "
    elif most is not None:
        count = f"{least} to {most} "
    else:
        count = {0: "", 1: "one or more "}.get(least, f"at least {least} ")
    if not count and not branches:
        return noun
    return f"{noun} of {count}{_any_of(branches, definitions, plural=True)}"


def _bound_words(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" between {schema['minimum']} and {schema['maximum']}"
    words = " and ".join(f"{_BOUNDS[key]} {schema[key]}" for key in _BOUNDS if key in schema)
    return f" of {words}" if words.startswith("at ") else f" {words}" if words else ""


def _length_words(schema: Schema) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if most is not None:
        length = f" of {least} to {most} characters"
    else:
        length = {0: "", 1: " that is not empty"}.get(least, f" of at least {least} characters")
    return f"{length} that matches {schema['pattern']}" if "pattern" in schema else length


def _hint_for_text(text: str, branches: Sequence[Schema], kinds: set[str]) -> str:
    members = [
        member for branch in branches for member in branch.get("enum", [branch.get("const")])
    ]
    near = nearest_hint(text, [member for member in members if isinstance(member, str)])
    if near:
        return near
    if "boolean" in kinds and text.lower() in _BOOLEANS:
        return f"write {_BOOLEANS[text.lower()]}"
    unquoted = (
        ("integer" in kinds and re.fullmatch(r"[-+]?\d+", text))
        or ("number" in kinds and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text))
        or ("boolean" in kinds and text in {"true", "false"})
        or ("null" in kinds and text == "null")
    )
    return "remove the quotes" if unquoted else ""


def _yaml_text(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'" if value.isprintable() else json.dumps(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_yaml_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_yaml_text, value))}]"
    return _scalar_text(value)


def _scalar_text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and not isfinite(value):
        return f"{value}".replace("nan", ".nan").replace("inf", ".inf")
    return "a huge integer" if isinstance(value, int) and not is_plain(value) else repr(value)
