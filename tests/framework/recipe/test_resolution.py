"""Every name is found and every value checked, all faults at once, each with its place."""

from typing import Annotated, Any

import pytest
from pydantic import Field
from torch import nn

from framework.contracts import Loss
from framework.errors import PluginError, RecipeError
from framework.hookspecs import KINDS
from framework.parameters import Nested
from framework.recipe.loading import load_document
from framework.recipe.resolution import _GIVEN, resolve
from framework.recipe.schema import read_recipe
from framework.registry import BrokenPlugin, Component, Plugin, Registry

LINES = {
    "dataset": "images",
    "networks": "{encoder: narrow, decoder: mirror}",
    "task": "copying",
    "loss": "squared",
    "optimizer": "{type: descent, lr: 0.1}",
    "training": "{num_epochs: 1}",
}


class Narrow(nn.Module):
    def __init__(self, data, *, width: Annotated[int, Field(ge=1)] = 4) -> None: ...


class Mirror(nn.Module):
    def __init__(self, encoder, *, dropout: float = 0.0) -> None: ...


class Squared(Loss):
    def forward(self, prediction, target): ...


class Weighted(Loss):
    def __init__(
        self,
        *,
        inner: Annotated[Any, Nested("loss")],
        outer: Annotated[Any, Nested("loss")] = None,
        weight: Annotated[float, Field(gt=0)] = 1.0,
    ) -> None: ...

    def forward(self, prediction, target): ...


class Summed(Loss):
    def __init__(
        self,
        *,
        terms: Annotated[tuple[Annotated[Any, Nested("loss")], ...], Field(min_length=1)],
        others: tuple[Annotated[Any, Nested("loss")], ...] | None = None,
    ) -> None: ...

    def forward(self, prediction, target): ...


def images(*, size: int = 8): ...


def copying(networks, loss): ...


def free(networks): ...


def descent(parameters, *, lr: Annotated[float, Field(gt=0)]): ...


def similarity(data, *, sigma: float = 1.5): ...


def needy(data, encoder): ...


FACTORIES = {
    "dataset": {"images": images},
    "network": {"narrow": Narrow, "mirror": Mirror},
    "task": {"copying": copying, "free": free},
    "loss": {"squared": Squared, "weighted": Weighted, "summed": Summed},
    "optimizer": {"descent": descent},
    "metric": {"similarity": similarity, "needy": needy},
}


@pytest.fixture
def registry():
    registry = Registry()
    for kind, factories in FACTORIES.items():
        for name, factory in factories.items():
            registry.add(Component(kind, name, Plugin("ours"), factory))
    return registry


@pytest.fixture
def resolved(tmp_path, registry):
    """Resolves the recipe above with some of its lines replaced, or left out where None."""

    def resolved(**lines):
        merged = {key: text for key, text in (LINES | lines).items() if text is not None}
        path = tmp_path / "recipe.yaml"
        path.write_text("".join(f"{key}: {text}\n" for key, text in merged.items()))
        document = load_document(path)
        return resolve(read_recipe(document), document, registry)

    return resolved


@pytest.fixture
def faults_of(resolved):
    """What `resolved` is refused for, as (line, column, key, message with hint, identifier)."""

    def faults_of(error=RecipeError, **lines):
        with pytest.raises(error) as caught:
            resolved(**lines)
        return [
            (
                f.place.line,
                f.place.column,
                f.key,
                f"{f.message}; {f.hint}".rstrip("; "),
                f.identifier,
            )
            for f in caught.value.faults
        ]

    return faults_of


def test_every_kind_says_what_its_factories_are_given():
    assert _GIVEN.keys() == KINDS.keys()


def test_components_have_role_values_and_networks(resolved):
    components = resolved(networks="{encoder: {type: narrow, width: 7}, decoder: mirror}")
    encoder, decoder = components.networks["encoder"], components.networks["decoder"]
    assert (encoder.role, encoder.name, encoder.values) == (
        "networks.encoder",
        "narrow",
        {"width": 7},
    )
    assert decoder.networks == {"encoder": "encoder"}
    assert decoder.plain == {"type": "mirror", "dropout": 0.0}
    assert components.dataset.plain == {"type": "images", "size": 8}
    assert list(components.optimizers) == ["main"]
    assert components.optimizers["main"].role == "optimizer"


def test_all_faults_come_out_at_once_with_their_places(faults_of):
    assert faults_of(
        dataset="imagse",
        networks="{encoder: {type: narrow, width: 0}, decoder: mirror}",
        loss="{type: squared, weight: 2}",
        optimizer="descent",
        metrics="[similarity, {type: similarity, sigma: wide}]",
    ) == [
        (1, 10, "dataset", "no dataset named 'imagse'; did you mean 'images'?", "R005"),
        (2, 43, "networks.encoder.width", "expected an integer of at least 1, found 0", "R012"),
        (4, 23, "loss", "no such key 'weight'; nothing can be set here", "R004"),
        (5, 1, "optimizer", "'lr' is missing; expected a number greater than 0", "R010"),
        (7, 49, "metrics.1.sigma", "expected a number, found 'wide'", "R012"),
    ]


def test_unknown_component_far_from_any_lists_what_there_is(faults_of):
    ((*_, message, identifier),) = faults_of(task="{type: segmentation}")
    assert message == "no task named 'segmentation'; known: copying, free"
    assert identifier == "R005"


def test_component_of_another_kind_is_recognised(faults_of):
    ((*_, message, _),) = faults_of(loss="narrow")
    assert message == "no loss named 'narrow'; 'narrow' is of kind network"


def test_name_of_two_owners_is_ambiguous_until_one_is_named(registry, resolved, faults_of):
    registry.add(Component("loss", "squared", Plugin("theirs"), Weighted))
    assert faults_of(loss="{type: squared}") == [
        (
            4,
            14,
            "loss",
            "loss 'squared' is provided by both 'ours' and 'theirs'; "
            "write 'ours:squared' or 'theirs:squared'",
            "P003",
        )
    ]
    chosen = resolved(loss="ours:squared").loss
    assert chosen.component.factory is Squared
    assert chosen.plain == {"type": "ours:squared"}
    other = resolved(loss="{type: 'theirs:squared', inner: 'ours:squared'}").loss
    assert other.component.factory is Weighted


def test_network_is_redirected_by_its_name(resolved):
    components = resolved(networks="{wide: narrow, decoder: {type: mirror, encoder: wide}}")
    decoder = components.networks["decoder"]
    assert decoder.networks == {"encoder": "wide"}
    assert decoder.plain == {"type": "mirror", "encoder": "wide", "dropout": 0.0}


@pytest.mark.parametrize(
    ("networks", "column", "message"),
    [
        (
            "{wide: narrow, decoder: mirror}",
            26,
            "network 'mirror' needs a network called 'encoder'; "
            "write `encoder:` with one of ['wide']",
        ),
        (
            "{encoder: narrow, decoder: {type: mirror, encoder: encodre}}",
            62,
            "network 'mirror' needs a network called 'encodre'; "
            "write `encoder:` with one of ['encoder']",
        ),
        (
            "{encoder: mirror}",
            12,
            "network 'mirror' needs a network called 'encoder'; add it to `networks:`",
        ),
        (
            "{encoder: narrow, decoder: {type: mirror, encoder: 5}}",
            62,
            "network 'mirror' needs a network called 5; write `encoder:` with one of ['encoder']",
        ),
    ],
)
def test_network_that_is_not_there_is_a_fault(faults_of, networks, column, message):
    key = (
        "networks.encoder.encoder"
        if networks == "{encoder: mirror}"
        else "networks.decoder.encoder"
    )
    assert faults_of(networks=networks) == [(2, column, key, message, "R011")]


def test_nested_component_is_resolved_with_its_own_defaults(resolved):
    loss = resolved(
        loss="{type: weighted, inner: {type: weighted, inner: squared}, weight: 3}"
    ).loss
    inner = loss.values["inner"]
    assert (inner.role, inner.values["weight"], inner.values["outer"]) == ("loss.inner", 1.0, None)
    assert inner.values["inner"].component.factory is Squared
    assert loss.plain == {
        "type": "weighted",
        "inner": {"type": "weighted", "inner": {"type": "squared"}, "outer": None, "weight": 1.0},
        "outer": None,
        "weight": 3.0,
    }


@pytest.mark.parametrize(
    ("inner", "key", "message", "identifier"),
    [
        ("sqared", "loss.inner", "no loss named 'sqared'; did you mean 'squared'?", "R005"),
        ("{type: sqared}", "loss.inner", "no loss named 'sqared'; did you mean 'squared'?", "R005"),
        (
            "{type: weighted, inner: squared, weight: 0}",
            "loss.inner.weight",
            "expected a number greater than 0, found 0",
            "R012",
        ),
        ("5", "loss.inner", "expected a loss, found 5; write its name, or {type: name, …}", "R012"),
        (
            "{weight: 1}",
            "loss.inner",
            "expected a loss, found {weight: 1}; write its name, or {type: name, …}",
            "R012",
        ),
    ],
)
def test_nested_fault_has_its_place(faults_of, inner, key, message, identifier):
    ((line, column, *fault),) = faults_of(loss=f"{{type: weighted, inner: {inner}}}")
    assert (line, tuple(fault)) == (4, (key, message, identifier))
    assert column >= 31


def test_nested_components_of_a_list_are_resolved_one_by_one(resolved):
    loss = resolved(loss="{type: summed, terms: [squared, {type: weighted, inner: squared}]}").loss
    first, second = loss.values["terms"]
    assert (first.role, first.component.factory) == ("loss.terms.0", Squared)
    assert (second.role, second.values["weight"]) == ("loss.terms.1", 1.0)
    assert loss.values["others"] is None
    assert loss.plain == {
        "type": "summed",
        "terms": [
            {"type": "squared"},
            {"type": "weighted", "inner": {"type": "squared"}, "outer": None, "weight": 1.0},
        ],
        "others": None,
    }


def test_nested_faults_of_a_list_have_their_places(faults_of):
    terms = "[sqared, squared, 5, null, {type: weighted, inner: squared, weight: 0}]"
    faults = faults_of(loss=f"{{type: summed, terms: {terms}}}")
    hint = "write its name, or {type: name, …}"
    assert sorted(faults) == [
        (4, 30, "loss.terms.0", "no loss named 'sqared'; did you mean 'squared'?", "R005"),
        (4, 47, "loss.terms.2", f"expected a loss, found 5; {hint}", "R012"),
        (4, 50, "loss.terms.3", f"expected a loss, found null; {hint}", "R012"),
        (4, 97, "loss.terms.4.weight", "expected a number greater than 0, found 0", "R012"),
    ]


@pytest.mark.parametrize(("terms", "found"), [("squared", "'squared'"), ("[]", "[]")])
def test_list_of_nested_components_must_be_one(faults_of, terms, found):
    ((line, _, key, message, identifier),) = faults_of(loss=f"{{type: summed, terms: {terms}}}")
    assert (line, key, identifier) == (4, "loss.terms", "R012")
    assert message == f"expected a list of one or more values, found {found}"


def test_second_metric_of_a_name_is_numbered(resolved):
    metrics = "[similarity, {type: similarity, sigma: 2}, 'ours:similarity']"
    planned = resolved(metrics=metrics).metrics
    assert list(planned) == ["similarity", "similarity-2", "similarity-3"]
    assert [each.role for each in planned.values()] == ["metrics.0", "metrics.1", "metrics.2"]


def test_task_that_asks_for_a_loss_needs_one(resolved, faults_of):
    ((*_, message, identifier),) = faults_of(loss=None)
    assert message == (
        "task 'copying' needs a loss, and the recipe names none; "
        "there are 'squared', 'summed', 'weighted'"
    )
    assert identifier == "R010"
    assert resolved(loss=None, task="free").loss is None


def test_component_that_cannot_be_given_a_network_is_its_plugins_fault(faults_of):
    assert faults_of(PluginError, metrics="[needy]") == [
        (
            7,
            11,
            "metrics.0",
            "metric 'needy' of plugin 'ours' asks for 'encoder', which no metric is given; "
            "it may ask for 'data'",
            "P004",
        )
    ]


def test_unknown_component_may_belong_to_a_broken_plugin(registry, faults_of):
    registry.broken.append(
        BrokenPlugin("extra", "extra-losses", "1.0", None, "it cannot be imported")
    )
    ((*_, message, identifier),) = faults_of(PluginError, loss="perceptual")
    assert message == (
        "no loss named 'perceptual'; "
        "it may belong to a plugin that could not be loaded ('extra': it cannot be imported)"
    )
    assert identifier == "P010"
    ((*_, message, identifier),) = faults_of(RecipeError, loss="squard")
    assert message.endswith("did you mean 'squared'?")
    assert identifier == "R005"
