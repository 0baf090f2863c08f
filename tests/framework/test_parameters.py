import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from framework.parameters import InvalidParameters, Nested, ParameterRow, Parameters

LABEL = "network 'encoder' of plugin 'extra'"


class Activation(Enum):
    RELU = "relu"
    TANH = "tanh"


class Encoder:
    """Takes everything that a signature may ask for.

    Args:
        latent_dim: number of features.
    """

    def __init__(
        self,
        data,
        *,
        latent_dim: Annotated[int, Field(ge=1)],
        channels: tuple[int, ...] = (8, 16),
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
        activation: Activation = Activation.RELU,
        mode: Literal["min", "max"] = "min",
        root: Path | None = None,
        json: bool = False,
        inner: Annotated[Any, Nested("loss")] = None,
    ) -> None: ...


ENCODER = Parameters.read(Encoder, label=LABEL)


def problems(parameters, given_values):
    with pytest.raises(InvalidParameters) as caught:
        parameters.validate(given_values)
    return {problem.path: problem for problem in caught.value.problems}


def test_names_are_told_apart():
    parameters = ENCODER
    assert parameters.positional == ("data",)
    assert parameters.names[:2] == ("latent_dim", "channels")
    assert parameters.nested == {"inner": "loss"}


def test_defaults_are_filled_in():
    checked = ENCODER.validate({"latent_dim": 4})
    assert checked.values == {
        "latent_dim": 4,
        "channels": (8, 16),
        "dropout": 0.0,
        "activation": Activation.RELU,
        "mode": "min",
        "root": None,
        "json": False,
        "inner": None,
    }


def test_values_are_for_the_factory_and_plain_is_for_a_recipe():
    checked = ENCODER.validate(
        {"latent_dim": 4, "channels": [1], "activation": "tanh", "root": "data", "dropout": 0}
    )
    assert checked.values["channels"] == (1,)
    assert checked.values["activation"] is Activation.TANH
    assert checked.values["root"] == Path("data")
    assert checked.plain["channels"] == [1]
    assert checked.plain["activation"] == "tanh"
    assert checked.plain["root"] == "data"
    assert isinstance(checked.plain["dropout"], float)
    assert list(checked.plain) == list(ENCODER.names)


def test_plain_is_a_fixed_point():
    plain = ENCODER.validate({"latent_dim": 4, "root": "data"}).plain
    assert ENCODER.validate(json.loads(json.dumps(plain))).plain == plain


@given(
    st.fixed_dictionaries(
        {"latent_dim": st.integers(1, 2**53)},
        optional={
            "channels": st.lists(st.integers()),
            "dropout": st.floats(0, 1, exclude_max=True),
            "json": st.booleans(),
        },
    )
)
def test_what_is_given_arrives(values):
    plain = ENCODER.validate(values).plain
    assert {name: plain[name] for name in values} == values


def test_nested_component_passes_untouched():
    inner = {"type": "weighted", "base": {"type": "mse"}, "weight": float("nan")}
    checked = ENCODER.validate({"latent_dim": 4, "inner": inner})
    assert checked.values["inner"] is inner
    assert checked.plain["inner"] is inner


def test_nested_component_without_default_is_required():
    def weighted(*, base: Annotated[Any, Nested("loss")]): ...

    parameters = Parameters.read(weighted, label=LABEL)
    assert parameters.validate({"base": None}).values == {"base": None}
    assert problems(parameters, {})["base",].identifier == "R010"


def test_all_problems_come_at_once():
    found = problems(ENCODER, {"latent_dimm": 4, "channels": [1, "2"], "dropout": 1})
    assert {path: problem.identifier for path, problem in found.items()} == {
        ("latent_dim",): "R010",
        ("latent_dimm",): "R004",
        ("channels", 1): "R012",
        ("dropout",): "R012",
    }
    assert found["latent_dimm",].hint == "did you mean 'latent_dim'?"
    assert found["dropout",].message == ("expected a number of at least 0 and less than 1, found 1")


def test_positional_parameter_is_not_the_recipes():
    assert problems(ENCODER, {"latent_dim": 4, "data": 1})["data",].identifier == "R004"


@pytest.mark.parametrize("value", ["7", True, 7.0, None, [7]])
def test_integer_is_strict(value):
    assert ("latent_dim",) in problems(ENCODER, {"latent_dim": value})


def test_component_without_parameters_refuses_every_key():
    def plain(data): ...

    parameters = Parameters.read(plain, label=LABEL)
    assert parameters.validate({}).values == {}
    assert problems(parameters, {"lr": 1})["lr",].hint == "nothing can be set here"


def test_parameters_may_be_called_like_methods():
    def odd(*, copy: int, json: int, schema: int, model_config: int, self_: int): ...

    values = {"copy": 1, "json": 2, "schema": 3, "model_config": 4, "self_": 5}
    assert Parameters.read(odd, label=LABEL).validate(values).values == values


def test_json_schema_describes_what_a_recipe_may_set():
    schema = ENCODER.json_schema()
    assert schema["required"] == ["latent_dim"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["latent_dim"]["minimum"] == 1


def test_rows_are_for_people():
    first, second, *_ = ENCODER.rows()
    assert first == ParameterRow(
        "latent_dim", "an integer of at least 1", None, "number of features."
    )
    assert second == ParameterRow("channels", "a list of integers", "[8, 16]", "")
    assert len(ENCODER.rows()) == len(ENCODER.names)


class Summed:
    """Takes a list of components."""

    def __init__(
        self,
        *,
        terms: Annotated[tuple[Annotated[Any, Nested("loss")], ...], Field(min_length=1)],
        others: tuple[Annotated[Any, Nested("loss")], ...] = (),
        sizes: tuple[int, ...] = (),
    ) -> None: ...


SUMMED = Parameters.read(Summed, label=LABEL)


def test_list_of_nested_components_passes_untouched():
    terms = ["mse", {"type": "bce", "weight": 2}]
    checked = SUMMED.validate({"terms": terms})
    assert (SUMMED.nested, SUMMED.lists) == (
        {"terms": "loss", "others": "loss"},
        {"terms", "others"},
    )
    assert checked.values == {"terms": terms, "others": (), "sizes": ()}
    assert checked.plain == {"terms": terms, "others": [], "sizes": []}


@pytest.mark.parametrize(
    ("given_terms", "message"),
    [
        ([], "expected a list of one or more values, found []"),
        ("mse", "expected a list of one or more values, found 'mse'"),
        ({"type": "mse"}, "expected a list of one or more values, found {type: 'mse'}"),
        (None, "expected a list of one or more values, found null"),
    ],
)
def test_list_of_nested_components_is_a_list_of_its_length(given_terms, message):
    ((path, problem),) = problems(SUMMED, {"terms": given_terms}).items()
    assert (path, problem.message, problem.identifier) == (("terms",), message, "R012")
