"""Schedulers of torch are schedulers as they are."""

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from framework.learning_rates import Horizon, Scheduler


def test_schedulers_of_torch_fit_the_contract():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    assert isinstance(StepLR(optimizer, 1), Scheduler)
    assert isinstance(ReduceLROnPlateau(optimizer), Scheduler)
    assert not isinstance(lambda: 0.1, Scheduler)


def test_horizons_of_equal_length_are_equal():
    assert Horizon(num_steps=6, steps_per_epoch=3) == Horizon(6, 3)
