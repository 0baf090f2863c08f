"""Networks without values are those that torch would build, and fail where it would fail."""

import pytest
import torch
from torch import nn

from framework.recipe.valueless import with_zeros, without_values

META = torch.device("meta")


class Everything(nn.Module):
    """Layers that draw their weights in different ways, two of which share them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.recurrent = nn.LSTM(8, 3)
        self.weight_normed = nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))
        self.embedding = nn.Embedding(5, 3)
        self.first, self.second = nn.Linear(3, 5, bias=False), nn.Linear(3, 5, bias=False)
        self.second.weight = self.first.weight
        self.frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="relu")
        nn.init.trunc_normal_(self.embedding.weight)

    def forward(self, images):
        codes, _ = self.recurrent(self.norm(self.conv(images)).flatten(2))
        return self.second(self.weight_normed(codes)) + self.first(self.embedding.weight.mean(0))


def layout(network):
    tensors = [*network.named_parameters(remove_duplicate=False), *network.named_buffers()]
    return {name: (v.shape, v.dtype, v.requires_grad, type(v)) for name, v in tensors}


def build():
    with without_values(META):
        return Everything()


def test_network_has_the_shapes_that_torch_gives_it():
    network = build()
    assert {each.device for each in network.state_dict().values()} == {META}
    assert layout(network) == layout(Everything())


def test_zeros_stand_where_values_are_missing_and_the_batch_passes():
    network = build()
    device = with_zeros([network])
    assert layout(network) == layout(Everything())
    assert not any(each.any() for each in network.state_dict().values())
    assert network.second.weight is network.first.weight
    answer = network(torch.zeros(2, 1, 4, 6))
    assert (answer.device, answer.shape) == (device, (2, 4, 5))
    answer.sum().backward()
    assert network.conv.weight.grad is not None


def test_values_that_are_there_become_zeros_in_place():
    network = nn.Linear(2, 2)
    weight = network.weight
    with_zeros([network])
    assert network.weight is weight
    assert not weight.any()


@pytest.mark.parametrize(
    "fill",
    [
        lambda: nn.init.kaiming_uniform_(torch.empty(3)),
        lambda: nn.init.kaiming_uniform_(torch.empty(3, 3), mode="fan_middle"),
        lambda: nn.init.kaiming_normal_(torch.empty(3, 3), nonlinearity="rleu"),
        lambda: nn.Parameter(torch.empty(3)).zero_(),
        lambda: nn.Parameter(torch.empty(3)).fill_(1.0),
    ],
    ids=["one axis", "unknown mode", "unknown function", "zeros", "a value"],
)
def test_what_torch_refuses_is_refused_without_values(fill):
    with pytest.raises((ValueError, RuntimeError)) as expected:
        fill()
    with pytest.raises(expected.type), without_values(META):
        fill()


def test_nothing_is_passed_over_outside():
    build()
    weight = torch.empty(64, 64)
    nn.init.zeros_(weight)
    nn.init.uniform_(weight)
    assert weight.any()
