"""Numbers are found where objects keep them, and set there."""

from types import SimpleNamespace

import pytest
import torch

from framework.recipe.live_numbers import LiveNumber, live_number


class Widened:
    """Keeps twice the width that it was given."""

    def __init__(self, width):
        self.width = width

    @property
    def width(self):
        return self._doubled / 2

    @width.setter
    def width(self, width):
        if width > 9:
            raise ValueError("too wide")
        self._doubled = 2 * width


def make_optimizer(*decays):
    groups = [{"params": [torch.nn.Parameter(torch.ones(2))], "weight_decay": d} for d in decays]
    return torch.optim.Adam(groups, lr=0.5)


@pytest.mark.parametrize("name", ["std", "_std"])
def test_number_is_kept_under_its_name_with_an_underscore_or_without(name):
    holder = SimpleNamespace(**{name: 0.5})
    number = live_number("task.corruptions.1.std", {"task.corruptions.1": holder})
    assert number == LiveNumber(holder, name)
    number.set(0.25)
    assert vars(holder) == {name: 0.25}
    assert number.value == 0.25


def test_innermost_object_is_meant():
    outer, inner = SimpleNamespace(weight=1.0, base=None), SimpleNamespace(weight=2.0)
    holders = {"loss": outer, "loss.base": inner, "lo": SimpleNamespace(weight=3.0)}
    assert live_number("loss.base.weight", holders).holder is inner
    assert live_number("loss.weight", holders).holder is outer


def test_number_of_a_list_is_set_alone():
    holder = SimpleNamespace(_weights=(1.0, 2.0, 3.0))
    number = live_number("loss.weights.1", {"loss": holder})
    number.set(0.5)
    assert (number.value, holder._weights) == (0.5, (1.0, 0.5, 3.0))


def test_property_takes_the_number_in_its_own_form():
    holder = Widened(1.0)
    number = live_number("loss.width", {"loss": holder})
    number.set(2.0)
    assert (number.value, holder._doubled) == (2.0, 4.0)
    with pytest.raises(ValueError, match="too wide"):
        number.set(10.0)


def test_numbers_of_an_optimizer_are_those_of_all_its_groups():
    optimizer = make_optimizer(0.5, 0.5)
    state = optimizer.state_dict()
    decay = live_number("optimizer.weight_decay", {"optimizer": optimizer})
    beta = live_number("optimizer.betas.0", {"optimizer": optimizer})
    decay.set(0.25)
    beta.set(0.0)
    found = [(group["weight_decay"], group["betas"]) for group in optimizer.param_groups]
    assert found == [(0.25, (0.0, 0.999))] * 2
    optimizer.load_state_dict(state)  # which makes new groups
    assert (decay.value, beta.value) == (0.5, 0.9)


@pytest.mark.parametrize(
    "parameter",
    [
        "loss.absent",
        "loss.whole",
        "loss.is_on",
        "loss.tensor",
        "loss.weights",
        "loss.weights.3",
        "loss.weights.x",
        "loss.weights.0.0",
        "loss.nothing.0",
        "loss",
        "lossy.weight",
        "optimizer.weight_decay",
        "optimizer.momentum",
    ],
)
def test_what_is_no_number_or_not_there_is_not_found(parameter):
    loss = SimpleNamespace(
        whole=1, is_on=True, tensor=torch.ones(()), weights=(1.0, 2.0, 3.0), nothing=None
    )
    holders = {"loss": loss, "optimizer": make_optimizer(0.5, 0.1)}
    with pytest.raises(LookupError, match=f"nothing keeps '{parameter}'"):
        live_number(parameter, holders)
