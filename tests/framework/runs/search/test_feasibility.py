"""What cannot be trained is found before any training; everything else is somebody's fault."""

from random import Random

import pytest

from framework.application import check
from framework.errors import RecipeError
from framework.recipe.drawing import Draw, drawing_of
from framework.recipe.probes import random_of
from framework.runs.search.feasibility import InfeasibleDraw, planned_trial
from framework.search_spaces import Choose
from tests.support.tiers import scaled

NUM_DRAWS = scaled(fast=20, default=50, nightly=5000)


@pytest.fixture(scope="module")
def plan():
    return check("mnist/search")


@pytest.mark.slow
def test_every_draw_of_the_published_space_can_be_trained_or_says_which_layer_cannot(plan):
    drawing = drawing_of(plan, plan.recipe.search)
    random = Random(0)  # noqa: S311
    infeasible = 0
    for _ in range(NUM_DRAWS):
        draw = drawing.draw(Choose(lambda dimension: random_of(dimension, random)))
        layers = draw.overrides["networks.encoder"]
        layer = impossible_layer(layers)
        if layer is None:
            trial = planned_trial(plan, draw)
            assert trial.recipe.networks["encoder"].parameters | layers == (
                trial.recipe.networks["encoder"].parameters
            )
            continue
        infeasible += 1
        with pytest.raises(InfeasibleDraw) as caught:
            planned_trial(plan, draw)
        assert caught.value.layer == f"networks.encoder: conv layer {layer}"
        assert caught.value.reason.startswith(f"conv layer {layer}: input ")
    assert 0 < infeasible < NUM_DRAWS / 2


def test_plan_of_a_trial_is_that_of_its_recipe_alone(plan):
    draw = Draw({"optimizer.lr": 0.5, "weight_pruning.groups.3.amount": 0.25})
    trial = planned_trial(plan, draw)
    assert trial.recipe.search is None
    assert (trial.recipe.seed, trial.recipe.name) == (0, "mnist-search")
    assert trial.resolved["optimizer"]["lr"] == 0.5
    assert trial.recipe.weight_pruning.groups[3].amount == 0.25
    assert trial.recipe.weight_pruning.groups[2].amount == 0.214
    assert trial.recipe.cross_validation == plan.recipe.cross_validation
    assert "search" not in trial.resolved


def test_memory_that_is_not_there_is_no_fault_of_the_recipe(plan):
    with pytest.raises(InfeasibleDraw, match=r"parameters need .* GB"):
        planned_trial(plan, Draw({"networks.encoder.hidden_dims": [10**9]}))


@pytest.mark.parametrize(
    ("overrides", "identifier"),
    [
        ({"optimizer.lr": -1.0}, "R012"),
        ({"optimizer.type": "adma"}, "R005"),
        ({"networks.encoder.channels": [6, 12]}, "R018"),
        ({"weight_pruning.groups.9.amount": 0.1}, "R004"),
    ],
)
def test_wrong_value_is_a_fault_of_the_recipe(plan, overrides, identifier):
    with pytest.raises(RecipeError) as caught:
        planned_trial(plan, Draw(overrides))
    assert [fault.identifier for fault in caught.value.faults] == [identifier]


def test_networks_from_elsewhere_are_not_planned_again(tmp_path):
    path = tmp_path / "head.yaml"
    path.write_text(
        "extends: mnist/fine_tuning\nsearch: {num_trials: 2, space: "
        "{networks.head.hidden_dims: {choices: [[8], [16]]}}}\n",
        encoding="utf-8",
    )
    plan = check(path)
    trial = planned_trial(plan, Draw({"networks.head.hidden_dims": [8]}))
    assert trial.upstreams["encoder"] is plan.upstreams["encoder"]
    assert trial.components.networks["head"].values["hidden_dims"] == (8,)
    other = planned_trial(plan, Draw({"networks.encoder.overrides": ["training.num_epochs=3"]}))
    assert other.upstreams["encoder"].plan.recipe.training.num_epochs == 3


def impossible_layer(layers):
    """The first convolution whose output is empty, counted from 1."""
    size = 28
    lists = (layers[name] for name in ("kernel_sizes", "strides", "paddings"))
    for number, (kernel, stride, padding) in enumerate(zip(*lists, strict=True), 1):
        size = (size + 2 * padding - kernel) // stride + 1
        if size < 1:
            return number
    return None
