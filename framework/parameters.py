"""What a recipe may set on a component: checked against the signature of its factory."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from framework.signatures import Nested, Setting, Signature, read_signature
from framework.validation import InvalidValues, validated

__all__ = ["InvalidParameters", "Nested", "ParameterRow", "Parameters", "Validated"]


@dataclass(frozen=True)
class Validated:
    """Parameters that were checked, defaults filled in.

    Attributes:
        values: as the factory takes them, such as tuples and paths.
        plain: as a recipe states them, in what JSON can express.
    """

    values: Mapping[str, Any]
    plain: Mapping[str, Any]


@dataclass(frozen=True)
class ParameterRow:
    """One parameter for people to read.

    Attributes:
        name: the key in a recipe.
        expected: what may be written, in words.
        default: the default as a recipe would state it; None where a value is required.
        description: what the docstring's `Args:` say about it; may be empty.
    """

    name: str
    expected: str
    default: str | None
    description: str


class InvalidParameters(InvalidValues):
    """Some parameters in a recipe do not fit the signature."""


class Parameters:
    """The parameters of one factory.

    Attributes:
        positional: what the framework passes by name, such as `data` or the name of a network.
        names: what a recipe may set, in the order of the signature.
        nested: parameters that take another component, or a list of them → their kind.
        lists: those of them that take a list.
    """

    def __init__(self, signature: Signature) -> None:
        self.positional = tuple(signature.positional)
        self.names = tuple(setting.name for setting in signature.settings)
        self.nested = {
            setting.name: setting.nested for setting in signature.settings if setting.nested
        }
        self.lists = {
            setting.name for setting in signature.settings if setting.nested and setting.takes_list
        }
        self._settings = signature.settings
        # a dataclass, because a model has methods that parameters such as `copy` would hide
        holder = dataclasses.make_dataclass(
            "parameters",
            [_dataclass_field(setting) for setting in self._settings],
            frozen=True,
            kw_only=True,
            namespace={"__pydantic_config__": ConfigDict(extra="forbid", allow_inf_nan=False)},
        )
        self._adapter = TypeAdapter[Any](holder)

    @classmethod
    def read(cls, factory: Callable[..., Any], *, label: str) -> "Parameters":
        """Read a factory's signature.

        Args:
            factory: a class or a function.
            label: what to call it, such as `network 'conv_encoder' of plugin 'autoencoders'`.

        Raises:
            PluginError: a recipe could not be checked against the signature; every parameter that
                has to change is named, and how.
        """
        return cls(read_signature(factory, label=label))

    def validate(self, given: Mapping[str, Any]) -> Validated:
        """Check what a recipe sets, strictly, and fill in the defaults.

        A nested component passes untouched, for resolution to look into.

        Raises:
            InvalidParameters: some are unknown, missing or wrong; all of them are listed.
        """
        nested = {name: given[name] for name in self.nested if name in given}
        stand_ins = {name: self._stand_in(name, value) for name, value in nested.items()}
        try:
            checked = validated(self._adapter, {**given, **stand_ins})
        except InvalidValues as error:
            raise InvalidParameters(error.problems) from error
        values = {name: getattr(checked, name) for name in self.names}
        plain = self._adapter.dump_python(checked, mode="json")
        return Validated(values | nested, plain | nested)

    def _stand_in(self, name: str, value: Any) -> Any:
        """What is checked in the place of components: of a list, how many there are."""
        if name not in self.lists:
            return None
        return [None] * len(value) if isinstance(value, list) else value

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of what a recipe may set."""
        return self._adapter.json_schema()

    def rows(self) -> list[ParameterRow]:
        """One row per parameter that a recipe may set, in the order of the signature."""
        return [
            ParameterRow(setting.name, setting.expected, setting.default_text, setting.description)
            for setting in self._settings
        ]


def _dataclass_field(setting: Setting) -> tuple[str, Any, Any]:
    default = {} if setting.required else {"default": setting.default}
    annotation = Any if setting.nested and not setting.takes_list else setting.annotation
    return setting.name, annotation, dataclasses.field(**default)
