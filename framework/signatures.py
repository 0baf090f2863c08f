"""Reading the signature of a factory: the framework's parameters and the recipe's, or refusals."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from textwrap import dedent
from types import SimpleNamespace
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticSerializationError

from framework.errors import Fault, PluginError, nearest_hint
from framework.fencing import place_of_code
from framework.hookspecs import KINDS
from framework.wording import expected_words, value_text

_REFUSED = "P004"
_OPEN_CONSTRUCTORS = (  # inherited by classes that take nothing, though they look open to anything
    ("torch.nn.modules.module", "Module.__init__"),
    ("typing", "_no_init_or_replace_init"),
)
_REFUSED_FORMS: Mapping[Any, tuple[str, str]] = {
    Parameter.POSITIONAL_ONLY: ("is positional only", "remove the '/'"),
    Parameter.VAR_POSITIONAL: ("takes any number of values", "name each of them"),
    Parameter.VAR_KEYWORD: ("takes any keyword", "name after a '*' what a recipe may set"),
}
_SECTION = r"^{}:\n((?:[ \t]+.*\n?|\n)*)"
_ENTRY = re.compile(r"^(\w+)(?: \([^)]*\))?:\s*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)

_Complaint = tuple[str, str]


@dataclass(frozen=True)
class Nested:
    """Marks a parameter that takes another component: `Annotated[Any, Nested("loss")]`.

    A list of them is `tuple[Annotated[Any, Nested("loss")], ...]`.

    Attributes:
        kind: kind of the component that a recipe may name there.
    """

    kind: str


@dataclass(frozen=True)
class Setting:
    """A keyword-only parameter, which a recipe may set.

    Attributes:
        name: the key in a recipe.
        annotation: its type with constraints.
        default: the default; `inspect.Parameter.empty` where a value is required.
        description: what the docstring's `Args:` say about it; may be empty.
    """

    name: str
    annotation: Any
    default: Any
    description: str

    @property
    def required(self) -> bool:
        """Whether a recipe has to set it."""
        return self.default is Parameter.empty

    @property
    def nested(self) -> str | None:
        """Kind of the component that it takes; None for a plain value."""
        return _nested_kind(self.annotation)

    @property
    def takes_list(self) -> bool:
        """Whether it takes a list, of components or of plain values."""
        return _takes_list(self.annotation)

    @property
    def expected(self) -> str:
        """What a recipe may write, in words."""
        if self.nested:
            one, several = "a component of kind", "a list of components of kind"
            return f"{several if self.takes_list else one} '{self.nested}'"
        schema = TypeAdapter(self.annotation).json_schema()
        return expected_words(schema, schema.get("$defs"))

    @property
    def default_text(self) -> str | None:
        """The default as a recipe would state it; None where a value is required."""
        if self.required:
            return None
        annotation = Any if self.nested and not self.takes_list else self.annotation
        return value_text(TypeAdapter(annotation).dump_python(self.default, mode="json"))


@dataclass
class Signature:
    """A factory's parameters.

    Attributes:
        positional: what the framework passes, by name.
        settings: what a recipe may set.
    """

    positional: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)


def read_signature(factory: Callable[..., Any], *, label: str) -> Signature:
    """Read the parameters of a class or function.

    Args:
        factory: the class or function.
        label: what to call it, such as `network 'conv_encoder' of plugin 'autoencoders'`.

    Raises:
        PluginError: a recipe could not be checked against the signature; every parameter that has
            to change is named, and how.
    """
    signature = Signature()
    complaints: list[_Complaint] = []
    descriptions = _descriptions(factory)
    for parameter in _parameters(factory, complaints):
        if parameter.kind is not Parameter.KEYWORD_ONLY:
            complaints += _positional_complaints(parameter)
            signature.positional.append(parameter.name)
            continue
        found = list(_keyword_complaints(parameter, _namespace(factory)))
        complaints += [(f"parameter '{parameter.name}' {text}", hint) for text, hint in found]
        if not found:
            annotation = _evaluated(parameter.annotation, _namespace(factory))
            description = descriptions.get(parameter.name, "")
            setting = Setting(parameter.name, annotation, parameter.default, description)
            signature.settings.append(setting)
    if complaints:
        place = place_of_code(factory)
        raise PluginError(Fault(_REFUSED, text, label, place, hint) for text, hint in complaints)
    return signature


def _parameters(factory: Callable[..., Any], complaints: list[_Complaint]) -> list[Parameter]:
    constructor = getattr(factory, "__init__", None)
    home = (getattr(constructor, "__module__", ""), getattr(constructor, "__qualname__", ""))
    if isinstance(factory, type) and home in _OPEN_CONSTRUCTORS:
        return []
    try:
        return list(inspect.signature(factory).parameters.values())
    except (ValueError, TypeError):
        complaints.append(("its signature cannot be read", "wrap it in a function"))
        return []


def _positional_complaints(parameter: Parameter) -> Iterator[_Complaint]:
    name = f"parameter '{parameter.name}'"
    if parameter.kind in _REFUSED_FORMS:
        text, hint = _REFUSED_FORMS[parameter.kind]
        yield f"{name} {text}", hint
    elif parameter.default is not Parameter.empty:
        hint = "put a '*' before it where a recipe may set it, else drop the default"
        yield f"{name} is positional, yet has a default", hint


def _keyword_complaints(parameter: Parameter, namespace: dict[str, Any]) -> Iterator[_Complaint]:
    if parameter.name == "type":
        yield "is called like the recipe's own key", "choose another name"
    if parameter.annotation is Parameter.empty:
        yield "has no annotation", "write its type, such as 'int'"
        return
    try:
        annotation = _evaluated(parameter.annotation, namespace)
    except (NameError, SyntaxError, TypeError, AttributeError) as error:
        hint = "import what it names at the top of the module, not under TYPE_CHECKING"
        yield f"has an annotation that cannot be evaluated ({error})", hint
        return
    nested = _nested_kind(annotation)
    if nested is None or _takes_list(annotation):
        yield from _plain_complaints(annotation, parameter.default)
    if nested is not None and nested not in KINDS:
        hint = nearest_hint(nested, KINDS) or f"known: {', '.join(KINDS)}"
        yield f"takes a component of an unknown kind '{nested}'", hint


def _plain_complaints(annotation: Any, default: Any) -> Iterator[_Complaint]:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        schema = adapter.json_schema()
    except (PydanticUserError, NameError, TypeError, RuntimeError):
        hint = "use numbers, strings, booleans, tuples, Literal, Enum or Path"
        yield f"has an annotation that a recipe cannot express ({annotation})", hint
        return
    if default is Parameter.empty:
        return
    if _is_mutable(default):
        yield f"has a mutable default {value_text(default)}", "write a tuple"
        return
    try:
        adapter.validate_python(default, strict=True)
        json.dumps(adapter.dump_python(default, mode="json"), allow_nan=False)
    except (ValidationError, PydanticSerializationError, ValueError, TypeError):
        expected = expected_words(schema, schema.get("$defs"))
        yield f"has the default {value_text(default)}", f"its annotation asks for {expected}"


def _is_mutable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return True
    return False


def _evaluated(annotation: Any, namespace: dict[str, Any]) -> Any:
    holder = SimpleNamespace(__annotations__={"parameter": annotation})
    return get_type_hints(holder, namespace, include_extras=True)["parameter"]


def _nested_kind(annotation: Any) -> str | None:
    """The kind that a mark names, on the annotation or on a part of it."""
    if isinstance(annotation, Nested):
        return annotation.kind
    kinds = map(_nested_kind, get_args(annotation))
    return next((kind for kind in kinds if kind is not None), None)


def _takes_list(annotation: Any) -> bool:
    return get_origin(annotation) in {tuple, list} or any(map(_takes_list, get_args(annotation)))


def _namespace(factory: Callable[..., Any]) -> dict[str, Any]:
    return getattr(inspect.unwrap(_constructor(factory)), "__globals__", {})


def _constructor(factory: Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(factory, type):
        return factory
    own: Any = vars(factory).get("__new__", inspect.getattr_static(factory, "__init__"))
    return getattr(own, "__func__", own)


def _descriptions(factory: Callable[..., Any]) -> dict[str, str]:
    """Parameter → what the `Args:` of the docstring, or of the constructor's, say about it."""
    documents = [document.__doc__ or "" for document in (_constructor(factory), factory)]
    return descriptions_in("\n\n".join(map(inspect.cleandoc, documents)), "Args")


def descriptions_in(text: str, title: str) -> dict[str, str]:
    """What the sections of this title, such as `Args`, of a docstring say about each name."""
    sections = re.findall(_SECTION.format(title), text, re.MULTILINE)
    entries = [entry for section in sections for entry in _ENTRY.findall(dedent(section))]
    return {name: " ".join(words.split()) for name, words in entries}
