"""The JSON Schema of recipes, with every component that is installed, for editors."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from typing import Any

from pydantic import TypeAdapter

from framework.errors import PluginError
from framework.hookspecs import KINDS
from framework.recipe.resolution import networks_asked_for
from framework.recipe.schema import RESERVED_NAMES, Recipe
from framework.registry import Component, Registry
from framework.signatures import descriptions_in

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLACES = "#/$defs/"
_NAME_ALONE: Schema = {"type": "string"}
_IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"
_OTHER_WORDS = {"losses": "loss", "space": "search_space", "base": "loss"}
_PART = "part."


def recipe_json_schema(registry: Registry, report: Callable[[str], None]) -> Schema:
    """The schema of recipes in JSON Schema's draft 2020-12.

    A recipe that extends another may leave anything out, and may take keys away by null; any other
    needs what a recipe needs. What a schema cannot express, such as that layers fit together, is
    left to `framework check`.

    Args:
        registry: all components.
        report: takes a line about each component that cannot be described.
    """
    recipe: Schema = TypeAdapter(Recipe).json_schema()
    definitions = _with_component_places(recipe.pop("$defs"))
    whole = _with_component_places(_described(recipe))
    whole["required"].remove("name")  # a recipe's file says it
    whole["properties"]["networks"] |= {
        "minProperties": 1,
        "propertyNames": {"pattern": _IDENTIFIER, "not": {"enum": list(RESERVED_NAMES)}},
    }
    for key, value in whole["properties"].items():  # a null at the top counts as not written
        if key not in whole["required"]:
            whole["properties"][key] = _or_null(value)
    definitions |= _component_definitions(registry, report) | {"whole": whole}
    definitions |= {f"{_PART}{name}": _relaxed(each) for name, each in definitions.items()}
    return {
        "$schema": _DRAFT,
        "title": "Recipe",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"{_PLACES}{_PART}whole"},
        "else": {"$ref": f"{_PLACES}whole"},
        "$defs": dict(sorted(definitions.items())),
    }


def _component_definitions(registry: Registry, report: Callable[[str], None]) -> dict[str, Schema]:
    definitions: dict[str, Schema] = {}
    for kind in KINDS:
        described: list[Component] = []
        for component in registry.components(kind):
            try:
                definitions |= _definitions_of(component, _names(component, registry))
                described.append(component)
            except PluginError as error:
                for fault in error.faults:
                    report(str(fault))
        alone = [n for c in described if _needs_nothing(c) for n in _names(c, registry)]
        objects = [{"$ref": _PLACES + c.kind + "." + c.reference} for c in described]
        definitions[kind] = {"anyOf": [{"enum": alone}, *objects]} if alone else {"anyOf": objects}
        if not objects:
            definitions[kind] = {"not": {}}
    return definitions


def _definitions_of(component: Component, names: Sequence[str]) -> dict[str, Schema]:
    """The component as a mapping, and what its parameters refer to."""
    place = f"{component.kind}.{component.reference}"
    text = json.dumps(component.parameters.json_schema()).replace(_PLACES, f"{_PLACES}{place}.")
    schema = _with_component_places(json.loads(text))
    inner = {f"{place}.{name}": each for name, each in schema.pop("$defs", {}).items()}
    properties = schema.get("properties", {})
    for row in component.parameters.rows():
        if kind := component.parameters.nested.get(row.name):
            properties[row.name] = _nested(properties[row.name], kind)
        if row.description:
            properties[row.name]["description"] = row.description
    networks = {name: {"type": "string"} for name in networks_asked_for(component)}
    first = {"type": {"enum": list(names), "description": component.description}}
    schema |= {"properties": first | networks | properties, "type": "object"}
    schema["required"] = ["type", *schema.get("required", [])]
    return {place: schema} | inner


def _nested(schema: Schema, kind: str) -> Schema:
    """The schema of a parameter that takes a component, or a list of them."""
    reference = {"$ref": f"{_PLACES}{kind}"}
    if "anyOf" in schema:
        return schema | {"anyOf": [_nested(each, kind) for each in schema["anyOf"]]}
    if schema.get("type") == "array":
        return schema | {"items": reference}
    if schema.get("type") == "null":
        return schema
    without_default = {key: value for key, value in schema.items() if key != "default"}
    nullable = "default" in schema and schema["default"] is None
    return without_default | ({"anyOf": [reference, {"type": "null"}]} if nullable else reference)


def _names(component: Component, registry: Registry) -> list[str]:
    """What a recipe may call it: its name where nothing else has it, and always `owner:name`."""
    same = [c for c in registry.components(component.kind) if c.name == component.name]
    return [component.reference] if len(same) > 1 else [component.name, component.reference]


def _needs_nothing(component: Component) -> bool:
    return not component.parameters.json_schema().get("required")


def _with_component_places(schema: Any, key: str = "") -> Any:
    """A copy in which every place for a component names the components of its kind.

    Args:
        schema: a schema, or a part of one.
        key: the key of a recipe that it is about, which tells the kind.
    """
    if isinstance(schema, list):
        return [_with_component_places(each, key) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "description" in schema and "properties" in schema:
        schema = _described(schema)
    copied = {}
    for word, value in schema.items():
        if word in {"properties", "$defs"}:
            copied[word] = {
                name: _with_component_places(each, name) for name, each in value.items()
            }
        elif word in {"anyOf", "oneOf"}:
            copied["anyOf"] = _with_component_places(_places_named(value, key), key)
        elif word not in {"title", "discriminator"}:
            copied[word] = _with_component_places(value, key)
    return copied


def _places_named(branches: Sequence[Schema], key: str) -> list[Schema]:
    kind = _OTHER_WORDS.get(key, key if key in KINDS else key.removesuffix("s"))
    of_component = [each for each in branches if _is_component(each)]
    if not of_component or kind not in KINDS:
        return list(branches)
    others = [each for each in branches if each not in of_component and each != _NAME_ALONE]
    return [{"$ref": f"{_PLACES}{kind}"}, *others]


def _is_component(schema: Schema) -> bool:
    return schema.get("properties", {}).keys() == {"type"} and schema["required"] == ["type"]


def _described(schema: Schema) -> Schema:
    """A block whose keys have the words of its docstring; its first line alone is about itself."""
    text = cleandoc(schema.get("description", ""))
    words = descriptions_in(text, "Attributes")
    properties = {
        name: value | ({"description": words[name]} if name in words else {})
        for name, value in schema["properties"].items()
    }
    return schema | {"description": text.partition("\n")[0], "properties": properties}


def _relaxed(schema: Any) -> Any:
    """A copy for recipes that extend another: nothing is required, any key may be null."""
    if isinstance(schema, list):
        return [_relaxed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copied: Schema = {}
    for word, value in schema.items():
        if word == "properties":
            copied[word] = {name: _or_null(_relaxed(each)) for name, each in value.items()}
        elif word == "additionalProperties" and isinstance(value, dict):
            copied[word] = _or_null(_relaxed(value))
        elif word == "$ref":
            copied[word] = re.sub(f"^{re.escape(_PLACES)}", f"{_PLACES}{_PART}", value)
        elif word != "required":
            copied[word] = _relaxed(value)
    return copied


def _or_null(schema: Mapping[str, Any]) -> Schema:
    if {"type": "null"} in schema.get("anyOf", ()):
        return dict(schema)
    return {"anyOf": [dict(schema), {"type": "null"}]}
