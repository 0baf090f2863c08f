"""What trials are worth."""

import json
from math import isnan, nan

import pytest

from framework.runs.search.objectives import Appraisal
from framework.runs.standings import Standing

LATENT = "networks.encoder.latent_dim"
SPACE = "search.space={optimizer.lr: {low: 0.001, high: 0.1}}"


@pytest.fixture
def appraisal(planned, tmp_path):
    """The appraisal of a trial with two trainings, of which the rows after epoch 2 are kept."""

    def appraisal(sought, losses=(0.25, 0.75), *overrides):
        search_plan = planned("search.num_trials=3", SPACE, sought, *overrides)
        standings = []
        for number, loss in enumerate(losses):
            folder = tmp_path / f"fold-{number}"
            folder.mkdir(exist_ok=True)
            rows = [{"epoch": 1, "validation/loss": 9.0}, {"epoch": 2, "validation/loss": loss}]
            (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in rows))
            standings.append(Standing(folder, epoch=2, seconds=60.0 * (1 + 2 * number)))
        return Appraisal(planned(f"{LATENT}=6"), search_plan, standings)

    return appraisal


def test_value_is_the_weighted_sum_of_terms_over_the_folds(appraisal):
    terms = [
        "{metric: validation/loss}",
        "{cost: minutes, weight: 0.5}",
        f"{{parameter: {LATENT}, weight: 0.01}}",
        "{cost: parameters, weight: 0.0}",
    ]
    found = appraisal(f"search.objective={{minimize: [{', '.join(terms)}]}}")
    assert found.minutes == 2.0
    assert found.values == [pytest.approx(0.5 + 0.5 * 2.0 + 0.06)]
    assert {n: v for n, v in found.terms.items() if n != "parameters"} == {
        "validation/loss": 0.5,
        "minutes": 2.0,
        LATENT: 6.0,
    }
    assert found.terms["parameters"] > 100
    assert found.problem == ""


def test_several_objectives_have_a_value_each(appraisal):
    error = "error: {minimize: [{metric: validation/loss}]}"
    size = f"size: {{maximize: [{{parameter: {LATENT}}}]}}"
    assert appraisal(f"search.objectives={{{error}, {size}}}").values == [0.5, 6.0]


@pytest.mark.slow
@pytest.mark.parametrize("loss", [None, nan, float("inf")])
def test_value_that_is_not_finite_is_a_problem(appraisal, loss):
    found = appraisal("search.objective=null", (0.5, loss))
    assert found.problem == "validation/loss is not a finite number"


def test_metric_that_was_not_measured_is_not_a_number(appraisal):
    found = appraisal("search.objective={minimize: [{metric: validation/largest_error}]}")
    assert isnan(found.values[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bound", "violations"),
    [
        ("at_most: 1.5", {"minutes at_most": 0.5}),
        ("at_least: 3.0", {"minutes at_least": 1.0}),
        ("at_least: 1.0, at_most: 4.0", {"minutes at_least": -1.0, "minutes at_most": -2.0}),
    ],
)
def test_constraints_tell_by_how_much_they_are_violated(appraisal, bound, violations):
    constraint = f"search.constraints=[{{cost: minutes, {bound}}}]"
    found = appraisal("search.objective=null", (0.5, 0.5), constraint)
    assert found.violations == violations
    assert "minutes" in found.terms
