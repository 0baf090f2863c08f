"""Components are built from what their signatures ask for; a plan spells itself out."""

from typing import Annotated, Any

import pytest

from framework.contracts import SINGLE_OPTIMIZER, DataInfo
from framework.parameters import Nested
from framework.recipe.loading import load_document
from framework.recipe.plans import Components, Plan, PlannedComponent
from framework.recipe.schema import read_recipe
from framework.registry import Component, Plugin

DATA = DataInfo(image_shape=(1, 2, 2), num_train=3, num_test=1)
RECIPE = """\
dataset: any
networks: {encoder: any, decoder: any}
task: any
loss: any
training: {num_epochs: 1}
early_stopping: {patience: 2}
"""


def planned(factory, *, role="networks.decoder", values=None, plain=None, networks=None):
    component = Component("network", "any", Plugin("ours"), factory)
    return PlannedComponent(role, component, values or {}, plain or {"type": "any"}, networks or {})


def test_component_is_built_from_what_it_asks_for_and_nothing_else():
    def factory(data, *, width: int = 1):
        return data, width

    component = planned(factory, values={"width": 7})
    assert component.build(data=DATA, networks={}, loss="unasked") == (DATA, 7)


def test_component_is_given_the_network_that_is_meant():
    def factory(encoder, loss):
        return encoder, loss

    component = planned(factory, networks={"encoder": "wide"})
    built = component.build(
        data=DATA, networks={"encoder": "not this", "wide": "this"}, loss="loss"
    )
    assert built == ("this", "loss")


def test_nested_component_is_built_first_and_handed_over():
    def inner(data, *, weight: float = 1.0):
        return "inner", data, weight

    def outer(*, loss: Annotated[Any, Nested("loss")], scale: float = 1.0):
        return "outer", loss, scale

    nested = planned(inner, role="loss.loss", values={"weight": 2.0})
    component = planned(outer, role="loss", values={"loss": nested, "scale": 3.0})
    assert component.build(data=DATA) == ("outer", ("inner", DATA, 2.0), 3.0)


def test_nested_components_of_a_list_are_built_in_order():
    def inner(data, *, weight: float = 1.0):
        return data, weight

    def outer(*, terms: tuple[Annotated[Any, Nested("loss")], ...], sizes: tuple[int, ...]):
        return terms, sizes

    terms = tuple(planned(inner, values={"weight": weight}) for weight in (2.0, 1.0))
    component = planned(outer, role="loss", values={"terms": terms, "sizes": (3, 4)})
    assert component.build(data=DATA) == (((DATA, 2.0), (DATA, 1.0)), (3, 4))


def test_all_that_is_built_is_kept_by_its_role():
    def inner(*, weight: float = 1.0):
        return weight

    def outer(*, terms: tuple[Annotated[Any, Nested("loss")], ...]):
        return sum(terms)

    terms = tuple(planned(inner, role=f"loss.terms.{i}", values={"weight": i}) for i in (0, 1))
    parts = {}
    planned(outer, role="loss", values={"terms": terms}).build(parts=parts)
    assert parts == {"loss.terms.0": 0, "loss.terms.1": 1, "loss": 1}


def test_component_knows_its_path():
    assert planned(print, role="task.corruptions.1").path == ("task", "corruptions", 1)


def test_nested_components_are_listed_after_their_own_at_any_depth():
    deepest = planned(print, role="task.terms.0.inner")
    terms = (
        planned(print, role="task.terms.0", values={"inner": deepest, "sizes": (1, 2)}),
        planned(print, role="task.terms.1"),
    )
    component = planned(print, role="task", values={"terms": terms})
    assert [each.role for each in component.with_nested()] == [
        "task",
        "task.terms.0",
        "task.terms.0.inner",
        "task.terms.1",
    ]


def test_all_components_are_listed_nested_ones_too():
    nested = planned(print, role="loss.inner")
    components = make_components(loss=planned(print, role="loss", values={"inner": nested}))
    assert [each.role for each in components.all()] == [
        "dataset",
        "task",
        "loss",
        "loss.inner",
        "networks.encoder",
        "networks.decoder",
        "optimizer",
    ]


@pytest.mark.parametrize("optimizers", [(SINGLE_OPTIMIZER,), ("encoder", "decoder")])
def test_resolved_recipe_spells_everything_out(tmp_path, optimizers):
    single = optimizers == (SINGLE_OPTIMIZER,)
    written = "optimizer: any\n" if single else "optimizers: {encoder: any, decoder: any}\n"
    resolved = make_plan(tmp_path, RECIPE + written, optimizers).resolved
    assert resolved["seed"] == 12
    assert resolved["name"] == "recipe"
    assert resolved["networks"] == {"encoder": {"type": "any"}, "decoder": {"type": "any"}}
    assert resolved["training"]["batch_size"] == 256
    assert resolved["early_stopping"] == {
        "monitor": "validation/loss",
        "mode": "min",
        "patience": 2,
        "min_delta": 0.0,
    }
    if single:
        assert resolved["optimizer"] == {"type": "any"}
        assert "optimizers" not in resolved
    else:
        assert resolved["optimizers"] == {"encoder": {"type": "any"}, "decoder": {"type": "any"}}
        assert "optimizer" not in resolved


def test_resolved_recipe_leaves_out_what_is_switched_off(tmp_path):
    text = RECIPE.replace("loss: any\n", "").replace("early_stopping: {patience: 2}\n", "")
    plan = make_plan(tmp_path, text + "optimizer: any\n", (SINGLE_OPTIMIZER,), loss=None)
    assert not {"loss", "early_stopping"} & plan.resolved.keys()


def make_components(*, optimizers=(SINGLE_OPTIMIZER,), loss):
    return Components(
        dataset=planned(print, role="dataset"),
        networks={n: planned(print, role=f"networks.{n}") for n in ("encoder", "decoder")},
        task=planned(print, role="task"),
        loss=loss,
        optimizers={name: planned(print, role="optimizer") for name in optimizers},
        metrics={},
        handlers={},
        figures={},
    )


def make_plan(folder, text, optimizers, **given):
    path = folder / "recipe.yaml"
    path.write_text(text)
    document = load_document(path)
    return Plan(
        recipe=read_recipe(document),
        document=document,
        components=make_components(
            optimizers=optimizers, **({"loss": planned(print, role="loss")} | given)
        ),
        root_seed=12,
        data=DATA,
        layers=(),
        num_parameters=0,
        loss_names=optimizers,
    )


def recipe_plan(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.replace("early_stopping", "optimizer: any\nearly_stopping") + text)
    document = load_document(path)
    parts = planned(lambda: None)
    components = Components(
        parts, {"encoder": parts}, parts, parts, {SINGLE_OPTIMIZER: parts}, {}, {}, {}
    )
    return Plan(read_recipe(document), document, components, 7, DATA, (), 0, (SINGLE_OPTIMIZER,))


@pytest.mark.parametrize(
    ("text", "fold", "has_parts"),
    [
        ("", None, False),
        ("seeds: [7, 1]\n", None, True),
        ("cross_validation: {num_folds: 3}\n", None, True),
        ("cross_validation: {num_folds: 3, fold: 2}\n", 2, False),
        ("seeds: [7, 1]\ncross_validation: {num_folds: 3, fold: 2}\n", 2, True),
    ],
)
def test_plan_has_parts_where_there_are_several_trainings(tmp_path, text, fold, has_parts):
    plan = recipe_plan(tmp_path, text)
    assert (plan.fold, plan.has_parts) == (fold, has_parts)


def test_each_fold_has_a_seed_of_its_own(tmp_path):
    folds = "cross_validation: {{num_folds: 3, fold: {}}}\n"
    seeds = [recipe_plan(tmp_path, folds.format(fold)).seed for fold in range(3)]
    assert len({*seeds, 7}) == 4
    assert recipe_plan(tmp_path, "").seed == 7
    assert recipe_plan(tmp_path, folds.format(1)).root_seed == 7


def test_seeds_take_the_place_of_the_seed_in_what_is_spelt_out(tmp_path):
    resolved = recipe_plan(tmp_path, "seeds: [7, 1]\n").resolved
    assert resolved["seeds"] == [7, 1]
    assert "seed" not in resolved
    resolved = recipe_plan(tmp_path, "").resolved
    assert resolved["seed"] == 7
    assert "seeds" not in resolved
