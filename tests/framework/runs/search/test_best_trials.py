"""Which trial is the best."""

import pytest

from framework.runs.search.best_trials import best_of


@pytest.fixture
def complete(make_study):
    """A study whose trials have these values and violate a constraint by so much."""

    def complete(*values, direction="minimize", violations=()):
        study = make_study(direction=direction)
        excesses = [*violations, *[0.0] * len(values)]

        def objective(trial):
            trial.set_constraint("minutes at_most", excesses[trial.number])
            return values[trial.number]

        study.optimize(objective, n_trials=len(values))
        return study

    return complete


@pytest.mark.slow
@pytest.mark.parametrize(("direction", "number"), [("minimize", 1), ("maximize", 2)])
def test_best_trial_has_the_best_value(complete, direction, number):
    (best,) = best_of(complete(0.5, 0.25, 0.75, direction=direction))
    assert best.number == number


@pytest.mark.slow
def test_trial_that_violates_a_constraint_is_never_best(complete):
    assert [t.number for t in best_of(complete(0.1, 0.5, violations=[2.0]))] == [1]


def test_nothing_is_best_where_every_trial_violates_a_constraint(make_study, trial):
    study = make_study()
    assert best_of(study) == []
    study.add_trial(trial("FAIL", run="trial-0000", reason="diverged"))
    assert best_of(study) == []


def test_pareto_front_begins_with_the_best_in_the_first_objective(make_study):
    study = make_study(directions=["maximize", "minimize"])
    values = [(1.0, 1.0), (3.0, 3.0), (2.0, 4.0), (2.0, 2.0)]
    study.optimize(lambda trial: values[trial.number], n_trials=4)
    assert [trial.number for trial in best_of(study)] == [1, 3, 0]
