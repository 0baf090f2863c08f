"""Components and networks as a recipe names them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_serializer
from pydantic_core import PydanticCustomError

from framework.recipe.blocks import Block, Origin
from framework.validation import MISSING_KEY
from framework.wording import value_text

_COMPONENT_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]},
    ]
}


_NETWORK_SCHEMA = {
    "anyOf": [
        *_COMPONENT_SCHEMA["anyOf"],
        {
            "type": "object",
            "properties": Origin.model_json_schema(by_alias=True)["properties"],
            "required": ["from"],
        },
    ]
}


class ComponentSpec(Block):
    """A component as a recipe names it: `name`, or `{type: name, parameter: value, …}`.

    Attributes:
        type: the component's name, or `owner:name`.
        parameters: what the recipe sets, not checked yet.
    """

    type: str
    parameters: dict[str, Any] = {}  # noqa: RUF012  pydantic copies it

    @model_serializer
    def _as_in_recipe(self) -> dict[str, Any]:
        return {"type": self.type, **self.parameters}


def _spelled_out(value: object) -> object:
    if isinstance(value, str):
        return {"type": value}
    if not isinstance(value, dict):
        message = f"expected a name, or a mapping with 'type', found {value_text(value)}"
        raise PydanticCustomError("R012", "{message}", {"message": message})
    parameters = {key: item for key, item in value.items() if key != "type"}
    return {key: value[key] for key in value if key == "type"} | {"parameters": parameters}


class NetworkSpec(ComponentSpec):
    """A network: a component, or one that another recipe or a run has trained.

    Attributes:
        type: the component's name; empty where its origin knows it.
        parameters: what the recipe sets, in the place of what the origin has set.
        origin: where the network comes from; None builds it anew.
    """

    type: str = ""
    origin: Origin | None = None


def _spelled_out_network(value: object) -> object:
    if not isinstance(value, dict) or "from" not in value:
        spelled: Any = _spelled_out(value)
        if "type" not in spelled:
            context = {"message": "'type' is missing", "hint": "write a component, or `from`"}
            raise PydanticCustomError(MISSING_KEY, "{message}", context)
        return spelled
    keys = {"from", *Origin.model_fields} - {"reference"}
    value = value | {k: tuple(v) for k, v in value.items() if isinstance(v, list)}  # as in Python
    parameters = {key: item for key, item in value.items() if key not in {"type", *keys}}
    return {
        "type": value.get("type", ""),
        "parameters": parameters,
        "origin": {key: value[key] for key in value if key in keys},
    }


Network = Annotated[
    NetworkSpec, BeforeValidator(_spelled_out_network), WithJsonSchema(_NETWORK_SCHEMA)
]
Component = Annotated[
    ComponentSpec, BeforeValidator(_spelled_out), WithJsonSchema(_COMPONENT_SCHEMA)
]
