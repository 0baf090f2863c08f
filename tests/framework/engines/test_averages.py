"""Means weigh every sample alike."""

import pytest

from framework.engines.averages import LossAverages


def test_averages_weigh_a_short_batch_by_its_size():
    averages = LossAverages()
    averages.update({"main": 1.0}, 4)
    averages.update({"main": 4.0}, 1)
    assert averages.compute() == {"loss": pytest.approx(8 / 5)}


def test_averages_name_several_losses_by_optimizer():
    averages = LossAverages()
    averages.update({"generator": 1.0, "discriminator": 2.0}, 3)
    assert averages.compute() == {"loss/generator": 1.0, "loss/discriminator": 2.0}


def test_averages_state_round_trips_and_reset_forgets():
    averages, other = LossAverages(), LossAverages()
    averages.update({"main": 0.1}, 3)
    other.load_state_dict(averages.state_dict())
    averages.update({"main": 0.2}, 3)
    other.update({"main": 0.2}, 3)
    assert averages.compute() == other.compute()
    other.reset()
    assert other.compute() == {}
