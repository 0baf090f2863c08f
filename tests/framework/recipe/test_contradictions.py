"""Settings that are right one by one and wrong together."""

import pytest

from framework.recipe.contradictions import contradictions

ONE = {"optimizer": "adam"}
STOP = {"patience": 3}


def problems(**values):
    return [(problem.identifier, problem.path) for problem in contradictions(values)]


@pytest.mark.parametrize(
    "values",
    [
        ONE,
        {"optimizers": {"generator": "adam"}},
        ONE | {"optimizers": {}},
        ONE | {"early_stopping": STOP},
        ONE | {"early_stopping": STOP | {"monitor": "validation/loss"}},
        ONE | {"early_stopping": STOP | {"monitor": "validation/psnr", "mode": "max"}},
        ONE | {"checkpointing": {"monitor": "validation/loss"}},
        ONE | {"checkpointing": {"monitor": "validation/psnr", "mode": "max"}},
    ],
)
def test_what_goes_together_is_no_problem(values):
    assert problems(**values) == []


def test_one_of_optimizer_and_optimizers_is_needed():
    assert problems() == [("R010", ("optimizer",))]
    assert problems(optimizers={}) == [("R010", ("optimizer",))]


def test_both_optimizer_and_optimizers_are_too_much():
    assert problems(optimizer="adam", optimizers={"a": "sgd"}) == [("R008", ("optimizers",))]


@pytest.mark.parametrize("block", ["early_stopping", "checkpointing"])
def test_direction_of_another_monitor_is_declared(block):
    values = ONE | {block: STOP | {"monitor": "validation/psnr"}}
    assert problems(**values) == [("R010", (block, "mode"))]
    (problem,) = contradictions(values)
    assert problem.message == "'mode' is missing beside the monitor 'validation/psnr'"


def test_direction_of_nothing_is_a_problem():
    values = ONE | {"checkpointing": {"mode": "max"}}
    assert problems(**values) == [("R010", ("checkpointing", "monitor"))]


def test_all_problems_are_found():
    values = {"early_stopping": {"monitor": "x"}, "checkpointing": {"mode": "min"}}
    assert len(problems(**values)) == 3


@pytest.mark.parametrize(
    "value", [3, "x", None, [1], {"monitor": [1]}, {"monitor": {}}, {"mode": 5}]
)
def test_values_of_any_shape_are_looked_at(value):
    keys = ("optimizer", "optimizers", "early_stopping", "checkpointing")
    assert isinstance(problems(**dict.fromkeys(keys, value)), list)
