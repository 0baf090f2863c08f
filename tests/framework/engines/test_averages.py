"""Means weigh every sample alike."""

import pytest

from framework.engines.averages import LossAverages, Means


def test_means_weigh_each_name_by_its_own_weights():
    means = Means()
    means.update({"often": 1.0, "seldom": 2.0}, 3.0)
    means.update({"often": 5.0}, 1.0)
    assert means.compute() == {"often": 2.0, "seldom": 2.0}


def test_averages_weigh_a_short_batch_by_its_size():
    averages = LossAverages()
    averages.update({"main": 1.0}, {"kl": 2.0}, weight=4.0)
    averages.update({"main": 4.0}, {"kl": 7.0}, weight=1.0)
    assert averages.compute() == {"loss": pytest.approx(8 / 5), "kl": pytest.approx(3)}
    assert averages.losses == {"main": pytest.approx(8 / 5)}
    assert averages.terms == {"kl": pytest.approx(3)}


def test_averages_name_several_losses_by_optimizer():
    averages = LossAverages()
    averages.update({"generator": 1.0, "discriminator": 2.0}, {"spread": 0.5}, weight=3.0)
    expected = {"loss/generator": 1.0, "loss/discriminator": 2.0, "spread": 0.5}
    assert averages.compute() == expected


def test_averages_state_round_trips_and_reset_forgets():
    averages, other = LossAverages(), LossAverages()
    averages.update({"main": 0.1}, {"kl": 0.3}, weight=3.0)
    other.load_state_dict(averages.state_dict())
    averages.update({"main": 0.2}, {"kl": 0.7}, weight=3.0)
    other.update({"main": 0.2}, {"kl": 0.7}, weight=3.0)
    assert averages.compute() == other.compute()
    other.reset()
    assert other.compute() == {}
