"""Blocks are strict and frozen; what they default to is in their recipe's dump."""

import pytest
from pydantic import ValidationError

from framework.recipe.blocks import (
    Averaging,
    Block,
    GradientClipping,
    Origin,
    PruningGroup,
    Schedule,
    Training,
    WeightPruning,
)

GROUP = {"network": "encoder", "amount": 0.1}


@pytest.mark.parametrize(
    ("block", "values"),
    [
        (Training, {"num_epochs": 1, "accumulation": 0}),
        (Training, {"num_epochs": 1, "time_limit_minutes": 0.0}),
        (Training, {"num_epochs": "1"}),
        (Training, {"num_epochs": 1, "num_epoch": 1}),
        (GradientClipping, {}),
        (GradientClipping, {"max_norm": 0.0}),
        (GradientClipping, {"max_norm": float("inf")}),
        (Averaging, {}),
        (Averaging, {"decay": 0.0}),
        (Averaging, {"decay": 1.0}),
        (Schedule, {"parameter": "loss.weight"}),
        (Schedule, {"parameter": "loss.weight", "points": ((1, 0.5),)}),
        (Schedule, {"parameter": "loss.weight", "points": ((0, 0.5), (1, 0.5))}),
        (Schedule, {"parameter": "loss.weight", "points": ((2, 0.5), (2, 0.6))}),
        (Schedule, {"parameter": "loss.weight", "points": ((2, 0.5), (1, 0.6))}),
        (Schedule, {"parameter": "loss.weight", "points": ((1, 0.5), (2, float("nan")))}),
        (Origin, {"freeze": True}),
        (Origin, {"from": ""}),
        (Origin, {"from": "a.yaml", "overrides": "seed=1"}),
        (Origin, {"from": "a.yaml", "unfreeze_at_epoch": 0}),
        (Origin, {"from": "a.yaml", "lr": 0.0}),
        (PruningGroup, {"network": "encoder", "amount": 1}),
        (PruningGroup, {"network": "encoder", "amount": 0}),
        (PruningGroup, {"network": "encoder", "amount": True}),
        (PruningGroup, {"network": "encoder", "amount": 1.01}),
        (PruningGroup, {"network": "encoder", "amount": -0.01}),
        (PruningGroup, {"network": "encoder", "layers": "bias", "amount": 0.1}),
        (WeightPruning, {"groups": ()}),
        (WeightPruning, {"groups": (GROUP,), "every_num_epochs": 0}),
        (WeightPruning, {"groups": (GROUP,), "grace_num_epochs": -1}),
        (WeightPruning, {"groups": (GROUP,), "method": "l2_unstructured"}),
        (WeightPruning, {"groups": (GROUP,), "dim": 2}),
    ],
)
def test_block_refuses(block, values):
    with pytest.raises(ValidationError):
        block(**values)


def test_block_is_frozen():
    clipping = GradientClipping(max_norm=1.0)
    assert isinstance(clipping, Block)
    with pytest.raises(ValidationError):
        clipping.max_norm = 2.0


@pytest.mark.parametrize("amount", [0.0, 1.0])
def test_pruning_may_take_nothing_or_all(amount):
    pruning = WeightPruning(groups=(GROUP | {"amount": amount},))
    assert pruning.groups[0].model_dump() == {
        "network": "encoder",
        "layers": "all",
        "amount": amount,
    }
    assert (pruning.every_num_epochs, pruning.regrow, pruning.method) == (
        None,
        False,
        "l1_unstructured",
    )


@pytest.mark.parametrize(
    ("given", "frozen"),
    [
        ({}, []),
        ({"freeze": True}, [1, 2, 3, 4]),
        ({"freeze": True, "unfreeze_at_epoch": 3}, [1, 2]),
        ({"freeze": True, "unfreeze_at_epoch": 1}, []),
    ],
)
def test_network_is_frozen_before_the_epoch_that_is_named(given, frozen):
    origin = Origin(reference="a.yaml", **given)
    assert [epoch for epoch in range(1, 5) if origin.is_frozen(epoch)] == frozen
