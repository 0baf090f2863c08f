"""What a trial is said to have drawn, and whether it is allowed to be the best."""

import pytest

from framework.runs.search.found_trials import FoundTrial, SoughtValue


@pytest.mark.parametrize(
    ("name", "value"),
    [("lr", 0.1), ("net.width", 8), ("net.depth_fraction", 0.3), ("nowhere", None)],
)
def test_parameter_is_what_it_came_to_in_the_recipe(name, value):
    drawn = {"lr": 0.1, "net.width": 7, "net.depth_fraction": 0.3}
    overrides = {"lr": 0.1, "net": {"width": 8, "depth": 2}}
    trial = FoundTrial(0, "complete", parameters=drawn, overrides=overrides)
    assert trial.parameter(name) == value


def test_only_what_is_complete_and_keeps_constraints_is_allowed():
    assert FoundTrial(0, "complete", (1.0,)).is_allowed
    assert not FoundTrial(0, "complete", (1.0,), violation=0.1).is_allowed
    assert not FoundTrial(0, "pruned").is_allowed


@pytest.mark.parametrize(
    ("terms", "name"),
    [({"loss": 1.0}, "loss"), ({"loss": 2.0}, ""), ({"loss": 1.0, "minutes": 1.0}, "")],
)
def test_objective_of_one_unweighted_term_is_that_term(terms, name):
    assert SoughtValue("objective", "minimize", terms).only_term == name
    assert SoughtValue("objective", "maximize", terms).sign == -1
