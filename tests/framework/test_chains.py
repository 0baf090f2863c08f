import pytest
import torch
from torch import nn

from framework.chains import choose_chain, pass_through


class Add(nn.Module):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def forward(self, values):
        return values * 2 + self.number


NETWORKS = {"first": Add(1), "second": Add(10), "third": Add(100)}


def test_chain_is_all_networks_unless_it_names_some():
    assert list(choose_chain(NETWORKS, None)) == ["first", "second", "third"]
    assert list(choose_chain(NETWORKS, ("third", "first"))) == ["third", "first"]


def test_unknown_names_are_all_told_with_the_nearest_known():
    with pytest.raises(ValueError, match=r"names 'secnd'.*did you mean 'second'.*names 'x'"):
        choose_chain(NETWORKS, ("secnd", "first", "x"))


def test_values_pass_through_networks_in_their_order():
    values = torch.tensor([1.0])
    assert pass_through(NETWORKS.values(), values).item() == ((1 * 2 + 1) * 2 + 10) * 2 + 100
    assert pass_through([], values).item() == 1
