"""Weights of linear layers and convolutions are found, and nothing else."""

import pytest
from torch import nn

from framework.recipe.pruned_layers import prunable_kinds, pruned_weights


class Scaled(nn.Linear):
    """A linear layer of somebody's own."""


@pytest.fixture
def network():
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ConvTranspose2d(2, 1, 3))
    return nn.ModuleDict({"body": body, "head": Scaled(4, 2)})


@pytest.mark.parametrize(
    ("layers", "keys"),
    [
        ("linear", ["head.weight"]),
        ("conv", ["body.0.weight", "body.2.weight"]),
        ("all", ["body.0.weight", "body.2.weight", "head.weight"]),
    ],
)
def test_weights_are_found_by_their_keys_in_the_state(network, layers, keys):
    found = pruned_weights(network, layers)
    assert list(found) == keys
    own = dict(network.named_parameters())
    assert all(weight is own[key] for key, weight in found.items())


def test_network_that_is_one_layer_has_its_weight():
    layer = nn.Linear(2, 2)
    assert pruned_weights(layer, "linear") == {"weight": layer.weight}


def test_kinds_are_those_with_weights(network):
    assert prunable_kinds(network) == {"linear", "conv", "all"}
    assert prunable_kinds(nn.Linear(2, 2)) == {"linear", "all"}
    assert prunable_kinds(nn.BatchNorm1d(2)) == frozenset()
