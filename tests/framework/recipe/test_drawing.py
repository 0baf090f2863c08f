"""A trial's recipe is what was drawn, laid over the recipe that is searched."""

import json

import pytest

from framework.application import check
from framework.recipe.drawing import Draw, drawing_of, trial_document
from framework.recipe.probes import first_of, last_of
from framework.search_spaces import Choose

RECIPE = """\
seed: 7
dataset: digits
networks:
  encoder: {type: conv_encoder, hidden_dims: [16]}
  decoder: mirrored_decoder
task: reconstruction
loss: mse
optimizer: {type: adam, lr: 0.1, weight_decay: 0.5}
training: {num_epochs: 1}
executor: processes
search:
  num_trials: 3
  space:
    optimizer.momentum: {low: 0.0, high: 0.9, when: {optimizer.type: sgd}}
    optimizer: {choices: [{type: adam}, {type: sgd, nesterov: true}]}
    optimizer.lr: {low: 1.0e-4, high: 1.0e-1, log: true}
    training.batch_size: {low: 32, high: 96, step: 32}
    early_stopping: {choices: [null, {patience: 2}]}
    early_stopping.min_delta: {low: 0.1, high: 0.2, when: {early_stopping.patience: 2}}
    networks.encoder: {type: symmetric_conv_space, num_conv: [1, 2], num_hidden: [0, 1]}
    networks.encoder.activation: {choices: [relu, gelu]}
    checkpointing.every_num_iterations: {low: 1, high: 5, or_null: true}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("drawing") / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return check(path)


@pytest.fixture(scope="module")
def drawing(plan):
    return drawing_of(plan, plan.recipe.search)


def test_all_dimensions_are_known_by_name(drawing):
    dimensions = drawing.dimensions()
    layers = ["num_conv", *(f"{n}{i}" for i in (1, 2) for n in LAYER)]
    layers += ["num_hidden", "neurons1", "dropout", "latent_dim"]
    assert list(dimensions) == [
        "optimizer",
        "optimizer.lr",
        "training.batch_size",
        "early_stopping",
        *(f"networks.encoder.{name}" for name in layers),
        "networks.encoder.activation",
        "checkpointing.every_num_iterations.is_null",
        "checkpointing.every_num_iterations",
        "optimizer.momentum",
        "early_stopping.min_delta",
    ]
    dependent = {name for name, each in dimensions.items() if each.is_dependent}
    assert dependent == {
        "optimizer.momentum",
        "early_stopping.min_delta",
        *(f"networks.encoder.{name}" for name in layers),
    }
    assert dimensions["optimizer"].choices == ("adam", "sgd")
    assert dimensions["training.batch_size"].values == (32, 64, 96)


def test_smallest_draw_leaves_out_what_no_condition_asks_for(drawing):
    overrides = drawing.draw(Choose(first_of)).overrides
    assert overrides["optimizer"] == {"type": "adam"}
    assert "optimizer.momentum" not in overrides
    assert overrides["early_stopping"] is None
    assert "early_stopping.min_delta" not in overrides
    assert overrides["checkpointing.every_num_iterations"] == 1


def test_largest_draw_has_what_conditions_ask_for(drawing):
    overrides = drawing.draw(Choose(last_of)).overrides
    assert overrides["optimizer.momentum"] == 0.9
    assert overrides["early_stopping.min_delta"] == 0.2
    assert overrides["checkpointing.every_num_iterations"] is None


def test_every_dimension_is_drawn_every_time_unless_lazily(drawing):
    def names(suggest, **more):
        met = []

        def noting(dimension):
            met.append(dimension.name)
            return suggest(dimension)

        drawing.draw(Choose(noting), **more)
        return met

    everything = list(drawing.dimensions())
    assert names(first_of) == names(last_of) == everything
    assert names(last_of, is_lazy=True) == everything
    lazily = names(first_of, is_lazy=True)
    assert set(everything) - set(lazily) == {"optimizer.momentum", "early_stopping.min_delta"}


def test_recipe_of_a_trial_stands_for_itself(plan, drawing):
    values = trial_document(plan, drawing.draw(Choose(last_of))).values
    assert values["optimizer"] == {"type": "sgd", "nesterov": True, "lr": 0.1, "momentum": 0.9}
    assert values["networks"]["encoder"]["activation"] == "gelu"
    assert values["early_stopping"] == {"patience": 2, "min_delta": 0.2}
    assert (values["seed"], values["name"]) == (7, "recipe")
    assert {"search", "executor", "seeds"}.isdisjoint(values)


def test_choice_of_the_same_type_keeps_what_the_recipe_sets(plan, drawing):
    values = trial_document(plan, drawing.draw(Choose(first_of))).values
    assert values["optimizer"] == {"type": "adam", "lr": 1e-4, "weight_decay": 0.5}
    assert values["early_stopping"] is None


def test_draw_can_be_stored_and_read_by_people(drawing):
    draw = drawing.draw(Choose(last_of))
    assert Draw(json.loads(json.dumps(draw.overrides))) == draw
    assert draw.values["networks.encoder.latent_dim"] == 16
    assert draw.values["networks.encoder.channels"] == [8, 16]
    assert draw.values["optimizer.type"] == "sgd"


def test_conditions_come_after_what_they_ask_for(tmp_path):
    path = tmp_path / "chained.yaml"
    space = """
    training.accumulation: {low: 1, high: 2, when: {training.drop_last: true}}
    training.drop_last: {choices: [false, true], when: {training.batch_size: 96}}
    training.batch_size: {choices: [32, 96]}
"""
    head, _, _ = RECIPE.partition("    optimizer.momentum")
    path.write_text(head + space.lstrip("\n"), encoding="utf-8")
    plan = check(path)
    drawing = drawing_of(plan, plan.recipe.search)
    assert list(drawing.dimensions()) == [
        "training.batch_size",
        "training.drop_last",
        "training.accumulation",
    ]
    assert drawing.draw(Choose(last_of)).overrides["training.accumulation"] == 2
    assert list(drawing.draw(Choose(first_of)).overrides) == ["training.batch_size"]


LAYER = ("channels", "kernel_size", "stride", "padding_fraction")
