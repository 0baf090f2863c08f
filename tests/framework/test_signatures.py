import inspect
from abc import ABC, abstractmethod
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import pytest
from pydantic import Field
from torch import Tensor, nn

from framework.errors import PluginError
from framework.signatures import Nested, read_signature

LABEL = "network 'odd' of plugin 'extra'"


class Size(Enum):
    SMALL = "small"


class Encoder(nn.Module):
    """An encoder.

    Args:
        data: what is known of the data.
        latent_dim: number of features, which
            may be one.
        mode (str): how.
    """

    def __init__(self, data, other: "Undefined", *, latent_dim: int, mode: str = "a") -> None: ...


def refusals(factory):
    with pytest.raises(PluginError) as caught:
        read_signature(factory, label=LABEL)
    assert {fault.identifier for fault in caught.value.faults} == {"P004"}
    assert {fault.key for fault in caught.value.faults} == {LABEL}
    return [fault.message for fault in caught.value.faults]


def test_class_is_read_from_its_constructor():
    signature = read_signature(Encoder, label=LABEL)
    assert signature.positional == ["data", "other"]
    latent_dim, mode = signature.settings
    assert (latent_dim.name, latent_dim.annotation, latent_dim.required) == (
        "latent_dim",
        int,
        True,
    )
    assert (mode.name, mode.default, mode.required) == ("mode", "a", False)


def test_descriptions_come_from_the_docstring():
    latent_dim, mode = read_signature(Encoder, label=LABEL).settings
    assert latent_dim.description == "number of features, which may be one."
    assert mode.description == "how."


def test_function_is_read():
    def adam(parameters, *, lr: float = 1e-3): ...

    signature = read_signature(adam, label=LABEL)
    assert signature.positional == ["parameters"]
    assert signature.settings[0].default_text == "0.001"


def test_annotations_in_quotes_are_evaluated():
    def sized(*, size: "Size" = Size.SMALL, path: "Path | None" = None): ...

    settings = read_signature(sized, label=LABEL).settings
    assert [setting.expected for setting in settings] == ["'small'", "a path or null"]
    assert [setting.default_text for setting in settings] == ["'small'", "null"]


def test_class_made_in_new_is_read():
    class Made:
        def __new__(cls, data, *, size: "Size"): ...

    signature = read_signature(Made, label=LABEL)
    assert (signature.positional, signature.settings[0].annotation) == (["data"], Size)


class Bare(nn.Module):
    pass


class Contract(Protocol):
    def draw(self) -> None: ...


class Drawing(Contract):
    def draw(self) -> None: ...


class Abstract(ABC):
    @abstractmethod
    def draw(self) -> None: ...


@pytest.mark.parametrize("factory", [Bare, Drawing, Abstract, object])
def test_class_without_constructor_has_no_parameters(factory):
    signature = read_signature(factory, label=LABEL)
    assert (signature.positional, signature.settings) == ([], [])


def test_nested_component_names_its_kind():
    def weighted(
        *,
        first: Annotated[Any, Nested("loss")],
        second: Annotated[Any, Nested("loss")] | None = None,
    ): ...

    first, second = read_signature(weighted, label=LABEL).settings
    assert (first.nested, second.nested) == ("loss", "loss")
    assert (first.expected, second.default_text) == ("a component of kind 'loss'", "null")


@pytest.mark.parametrize(
    "annotation",
    [
        tuple[Annotated[Any, Nested("loss")], ...],
        Annotated[tuple[Annotated[Any, Nested("loss")], ...], Field(min_length=1)],
        Annotated[tuple[Any, ...], Nested("loss")],
        tuple[Annotated[Any, Nested("loss")], ...] | None,
    ],
    ids=["items marked", "length bounded", "whole marked", "optional"],
)
def test_list_of_nested_components_names_their_kind(annotation):
    def summed(*, terms): ...

    summed.__annotations__["terms"] = annotation
    summed.__kwdefaults__ = {"terms": ("mse",)}
    (terms,) = read_signature(summed, label=LABEL).settings
    assert (terms.nested, terms.takes_list) == ("loss", True)
    assert terms.expected == "a list of components of kind 'loss'"
    assert terms.default_text == "['mse']"


def test_single_nested_component_takes_no_list():
    def weighted(*, inner: Annotated[Any, Nested("loss")] | None = None): ...

    assert not read_signature(weighted, label=LABEL).settings[0].takes_list


def test_mutable_default_of_nested_components_is_refused():
    def summed(*, terms: tuple[Annotated[Any, Nested("loss")], ...]): ...

    summed.__kwdefaults__ = {"terms": ["mse"]}
    assert refusals(summed) == ["parameter 'terms' has a mutable default ['mse']"]


def test_keywords_of_its_own_are_refused():
    def odd(**options): ...

    assert refusals(odd) == ["parameter 'options' takes any keyword"]


def test_any_number_of_values_is_refused():
    def odd(*values): ...

    assert refusals(odd) == ["parameter 'values' takes any number of values"]


def test_positional_only_is_refused():
    def odd(data, /): ...

    assert refusals(odd) == ["parameter 'data' is positional only"]


def test_positional_with_default_is_refused():
    def odd(lr=0.1): ...

    assert refusals(odd) == ["parameter 'lr' is positional, yet has a default"]


@pytest.mark.parametrize("builtin", [dict, range])
def test_signature_that_cannot_be_read_is_refused(builtin):
    assert refusals(builtin) == ["its signature cannot be read"]


def test_missing_annotation_is_refused():
    def odd(*, lr=0.1): ...

    assert refusals(odd) == ["parameter 'lr' has no annotation"]


def test_annotation_that_is_not_there_is_refused():
    def odd(*, size: "Undefined"): ...

    (message,) = refusals(odd)
    assert "parameter 'size' has an annotation that cannot be evaluated" in message
    assert "Undefined" in message


@pytest.mark.parametrize("annotation", [Tensor, type(len), "Tensor | int"])
def test_annotation_without_a_schema_is_refused(annotation):
    def odd(*, given): ...

    odd.__annotations__["given"] = annotation
    assert "has an annotation that a recipe cannot express" in refusals(odd)[0]


@pytest.mark.parametrize("default", [[1], {}, {1}, ([1],)], ids=repr)
def test_mutable_default_is_refused(default):
    def odd(*, sizes: Any): ...

    odd.__kwdefaults__ = {"sizes": default}
    assert "parameter 'sizes' has a mutable default" in refusals(odd)[0]


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, "1"),
        (int, True),
        (int, 1.0),
        (int, None),
        (float, float("nan")),
        (float, float("inf")),
        (Annotated[float, Field(gt=0)], 0.0),
        (Literal["min", "max"], "mni"),
        (tuple[int, ...], (1, "2")),
        (Path, "data"),
        (Any, len),
        (Annotated[str, Field(gt=0)], "a"),
    ],
)
def test_default_that_breaks_its_annotation_is_refused(annotation, default):
    def odd(*, value): ...

    odd.__annotations__["value"] = annotation
    odd.__kwdefaults__ = {"value": default}
    (message,) = refusals(odd)
    assert message.startswith("parameter 'value' has the default ")


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, 1),
        (float, 1),
        (Path, Path("data")),
        (Size, Size.SMALL),
        (tuple[int, ...], (1, 2)),
        (int | None, None),
        (Any, None),
        (Literal["min", "max"], "min"),
    ],
)
def test_default_of_its_annotation_is_accepted(annotation, default):
    def plain(*, value): ...

    plain.__annotations__["value"] = annotation
    plain.__kwdefaults__ = {"value": default}
    assert read_signature(plain, label=LABEL).settings[0].default == default


def test_the_recipes_own_key_is_refused():
    def odd(*, type: str): ...  # noqa: A002

    assert refusals(odd) == ["parameter 'type' is called like the recipe's own key"]


def test_nested_component_of_an_unknown_kind_is_refused():
    def odd(*, inner: Annotated[Any, Nested("los")]): ...

    with pytest.raises(PluginError, match=r"unknown kind 'los'; did you mean 'loss'\? \[P004\]"):
        read_signature(odd, label=LABEL)


def test_all_refusals_come_at_once_with_their_place():
    def odd(*values, lr=0.1, size: int = "a", **options): ...

    with pytest.raises(PluginError) as caught:
        read_signature(odd, label=LABEL)
    assert len(caught.value.faults) == 4
    line = inspect.getsourcelines(odd)[1]
    assert {fault.place for fault in caught.value.faults} == {f"{__file__}:{line}"}
