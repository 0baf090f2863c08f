"""A component is a name, or a mapping with a type; both are read as the same."""

import pytest
from pydantic import TypeAdapter

from framework.recipe.component_specs import Component, ComponentSpec, Network
from framework.validation import InvalidValues, validated


@pytest.mark.parametrize("written", ["adam", {"type": "adam"}])
def test_bare_name_is_a_type(written):
    assert read(Component, written) == ComponentSpec(type="adam")


def test_parameters_are_kept_and_written_as_they_were():
    written = {"type": "adam", "lr": 0.1, "type_of": "x"}
    spec = read(Component, written)
    assert spec.parameters == {"lr": 0.1, "type_of": "x"}
    assert spec.model_dump() == written


def test_network_from_elsewhere_has_an_origin_beside_its_parameters():
    spec = read(Network, {"from": "mnist/basic", "freeze": True, "dropout": 0.1})
    assert spec.origin is not None
    assert (spec.origin.reference, spec.origin.freeze) == ("mnist/basic", True)
    assert (spec.type, spec.parameters) == ("", {"dropout": 0.1})


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Component, 3, "expected a name, or a mapping with 'type', found 3"),
        (Network, {"latent_dim": 3}, "'type' is missing"),
    ],
)
def test_anything_else_is_refused(kind, written, message):
    with pytest.raises(InvalidValues, match=message):
        read(kind, written)


def read(kind, written):
    return validated(TypeAdapter(dict[str, kind]), {"it": written})["it"]
