"""What matters is told apart from what does not, once there are trials enough."""

import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import create_trial

from framework.runs.search.importances import importances_of

SPACE = {"width": IntDistribution(1, 12), "chance": FloatDistribution(0.0, 1.0)}


def trials(num_trials, **more):
    return [
        create_trial(
            params={"width": number, "chance": number * 7 % 10 / 10},
            distributions=SPACE,
            values=[abs(number - 6.0), -abs(number - 6.0)],
            **more,
        )
        for number in range(1, num_trials + 1)
    ]


@pytest.mark.slow
def test_dimension_that_tells_most_comes_first_in_either_direction():
    for shares in importances_of(trials(12), [1, -1]):
        assert next(iter(shares)) == "width"
        assert sum(shares.values()) == pytest.approx(1)


def test_few_trials_tell_nothing():
    assert importances_of(trials(9), [1, -1]) == [{}, {}]
