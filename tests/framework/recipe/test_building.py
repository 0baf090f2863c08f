"""Networks are built in the order in which they need each other, each with a seed of its own."""

import pytest
import torch
from torch import nn

from framework.contracts import DataInfo, Loss, Task
from framework.errors import RecipeError
from framework.recipe.building import (
    build_networks,
    build_task,
    building_order,
    trainable_parameters,
)
from framework.recipe.plans import Components, PlannedComponent
from framework.registry import Component, Plugin

DATA = DataInfo(image_shape=(1, 2, 2), num_train=3, num_test=1)
CPU = torch.device("cpu")


class Linear(nn.Linear):
    def __init__(self, data) -> None:
        super().__init__(data.num_features, 2)


class Mirror(nn.Linear):
    def __init__(self, encoder) -> None:
        super().__init__(encoder.out_features, encoder.in_features)


class Tied(nn.Module):
    def __init__(self, encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.bias = nn.Parameter(torch.zeros(1))


class Scaled(Loss):
    def __init__(self, data) -> None:
        super().__init__()
        self.register_buffer("scale", torch.full((), float(data.num_features)))

    def forward(self, prediction, target): ...


class Whole(Task):
    def __init__(self, data, networks, loss):
        self.data, self.networks, self.loss = data, networks, loss

    def losses(self, batch): ...

    def evaluate(self, batch): ...


def planned(factory, **networks):
    component = Component("network", factory.__name__, Plugin("ours"), factory)
    return PlannedComponent("networks.any", component, {}, {}, networks)


def test_network_comes_after_those_it_is_built_from():
    networks = {
        "last": planned(Mirror, encoder="middle"),
        "middle": planned(Mirror, encoder="first"),
        "first": planned(Linear),
    }
    assert building_order(networks) == ["first", "middle", "last"]
    built = build_networks(networks, DATA, seed=0)
    assert list(built) == ["last", "middle", "first"]
    assert built["last"].in_features == built["first"].in_features == 4


def test_networks_in_a_circle_are_refused_with_the_circle():
    networks = {
        "a": planned(Mirror, encoder="b"),
        "b": planned(Mirror, encoder="c"),
        "c": planned(Mirror, encoder="a"),
    }
    with pytest.raises(RecipeError) as caught:
        building_order(networks)
    (fault,) = caught.value.faults
    assert fault.identifier == "R011"
    circle = fault.message.removeprefix("networks are built from each other in a circle: ")
    assert circle in {"a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c"}


def test_weights_depend_on_seed_and_name_alone():
    alone = build_networks({"encoder": planned(Linear)}, DATA, seed=1)
    torch.rand(5)
    among = {"other": planned(Linear), "encoder": planned(Linear)}
    together = build_networks(among, DATA, seed=1)
    assert torch.equal(alone["encoder"].weight, together["encoder"].weight)
    assert not torch.equal(together["encoder"].weight, together["other"].weight)
    reseeded = build_networks({"encoder": planned(Linear)}, DATA, seed=2)
    assert not torch.equal(alone["encoder"].weight, reseeded["encoder"].weight)


def test_shared_parameter_is_trained_once():
    encoder = Linear(DATA)
    decoder = Tied(encoder)
    decoder.bias.requires_grad_(requires_grad=False)
    found = trainable_parameters([encoder, decoder])
    assert [id(p) for p in found] == [id(encoder.weight), id(encoder.bias)]


@pytest.mark.parametrize("device", [CPU, torch.device("meta")])
def test_task_is_built_around_the_networks_with_its_loss_on_the_device(device):
    networks = {"encoder": Linear(DATA)}
    task = build_task(make_components(planned(Scaled)), DATA, networks, device)
    assert task.networks is networks
    assert task.data is DATA
    assert task.loss.scale.device.type == device.type


def test_task_without_a_loss_is_given_none():
    assert build_task(make_components(None), DATA, {}, CPU).loss is None


def make_components(loss):
    return Components(planned(print), {}, planned(Whole), loss, {}, {}, {}, {})
