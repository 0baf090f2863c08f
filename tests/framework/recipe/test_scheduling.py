"""Schedulers are asked whether they take their values before anything is trained."""

from functools import cache
from pathlib import Path

import pytest

from framework.application import check
from framework.errors import RecipeError
from framework.learning_rates import Horizon
from framework.recipe.loading import load_document
from framework.recipe.scheduling import horizon_of
from framework.recipe.schema import read_recipe

SUPPORT = Path(__file__).parents[2] / "support"


@cache
def plan_of(*overrides):
    return check(SUPPORT / "tiny.yaml", overrides=overrides, plugins=[SUPPORT / "tiny_images.py"])


def test_horizon_counts_iterations():
    recipe = read_recipe(load_document(SUPPORT / "tiny.yaml", ["training.num_epochs=12"]))
    assert horizon_of(recipe, steps_per_epoch=8) == Horizon(num_steps=96, steps_per_epoch=8)


@pytest.mark.parametrize(
    ("drop_last", "warm_up", "is_refused"),
    [  # 192 images in batches of 100: two iterations, or one
        ("false", 0.5, False),
        ("false", 0.9, True),
        ("true", 0.4, False),
        ("true", 0.6, True),
    ],
)
def test_warm_up_is_measured_against_the_iterations_there_will_be(drop_last, warm_up, is_refused):
    overrides = (
        f"training={{num_epochs: 1, batch_size: 100, drop_last: {drop_last}}}",
        f"scheduler={{type: cosine, warm_up_num_epochs: {warm_up}}}",
    )
    if not is_refused:
        assert list(plan_of(*overrides).components.schedulers) == ["main"]
        return
    with pytest.raises(RecipeError, match="takes the whole training of 1") as caught:
        plan_of(*overrides)
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.key) == ("R018", "scheduler")


def test_scheduler_is_in_the_resolved_recipe_with_its_defaults():
    resolved = plan_of("scheduler={type: exponential, gamma: 0.9}").resolved
    assert resolved["scheduler"] == {
        "type": "exponential",
        "gamma": 0.9,
        "warm_up_num_epochs": 0.0,
    }
    assert "schedulers" not in resolved
    assert "scheduler" not in plan_of("scheduler=null").resolved


def test_metric_that_a_scheduler_watches_must_be_measured():
    overrides = ("scheduler=reduce_on_plateau", "validation.fraction=0", "early_stopping=null")
    with pytest.raises(RecipeError) as caught:
        plan_of(*overrides, "checkpointing=null")
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.key) == ("R032", "scheduler.monitor")
