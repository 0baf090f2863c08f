"""Layers are met once each, by the names that they have in their networks."""

import pytest
import torch
from torch import nn

from framework.finished_runs import LayerRow
from framework.recipe.tracing import Trace, times_text, traced


def test_innermost_layers_are_met_in_order_and_once():
    network = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(4, 3), nn.ReLU()))
    trace = Trace()
    with traced({"encoder": network}, trace):
        network(torch.zeros(2, 1, 2, 2))
        network(torch.zeros(2, 1, 2, 2))
    assert list(trace.rows.values()) == [
        LayerRow("encoder", "0", "Flatten", (1, 2, 2), (4,), 0),
        LayerRow("encoder", "1.0", "Linear", (4,), (3,), 15),
        LayerRow("encoder", "1.1", "ReLU", (3,), (3,), 0),
    ]
    assert trace.at_work == []


def test_layer_of_two_networks_is_met_in_both():
    shared = nn.Linear(2, 2)
    networks = {"first": nn.Sequential(shared), "second": nn.Sequential(shared)}
    trace = Trace()
    with traced(networks, trace):
        networks["first"](torch.zeros(1, 2))
    assert list(trace.rows) == [("first", "0"), ("second", "0")]


def test_batch_that_fails_leaves_the_way_to_its_layer():
    network, trace = nn.Sequential(nn.Identity(), nn.Linear(4, 3)), Trace()
    with pytest.raises(RuntimeError), traced({"encoder": network}, trace):
        network(torch.zeros(1, 5))
    assert trace.at_work == [("encoder", "", (5,)), ("encoder", "1", (5,))]
    assert times_text((1, 28, 28)) == "1x28x28"


def test_nothing_is_seen_of_other_modules_or_afterwards():
    network, trace = nn.Linear(2, 2), Trace()
    with traced({"encoder": network}, trace):
        nn.ReLU()(torch.zeros(1, 2))
    network(torch.zeros(1, 2))
    assert (trace.rows, trace.at_work) == ({}, [])
