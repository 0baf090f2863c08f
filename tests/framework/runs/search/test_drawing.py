"""Optuna draws every dimension in every trial, so that it sees the whole space."""

import optuna
import pytest

from framework.application import check
from framework.runs.search.drawing import Drawer, NothingLeft, search_of
from framework.runs.search.sampling import make_sampler

RECIPE = """\
seed: 7
dataset: digits
networks: {encoder: conv_encoder, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: adam
training: {num_epochs: 1}
"""
SPACE = """\
search:
  num_trials: 3
  sampler: {type: tpe, num_startup_trials: 3}
  space:
    optimizer: {choices: [adam, {type: sgd, nesterov: false}]}
    optimizer.lr: {low: 1.0e-4, high: 1.0e-1, log: true}
    optimizer.momentum: {low: 0.0, high: 0.9, step: 0.3, when: {optimizer.type: sgd}}
    training.batch_size: {low: 32, high: 96, step: 32}
    networks.encoder: {type: symmetric_conv_space, num_conv: [1, 2], num_hidden: [0, 1]}
    checkpointing.every_num_iterations: {low: 1, high: 5, or_null: true}
"""


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return planned(tmp_path_factory.mktemp("drawing"), SPACE)


def test_all_dimensions_are_in_the_joint_space(plan):
    drawer = Drawer(plan)
    study = optuna.create_study(sampler=make_sampler(plan, worker=0, num_known=0))
    for number in range(8):
        trial = study.ask()
        drawer.draw(trial)
        is_pruned = number % 3 == 0
        study.tell(trial, None if is_pruned else number, state=PRUNED if is_pruned else None)
    joint = optuna.search_space.IntersectionSearchSpace(include_pruned=True).calculate(study)
    assert joint.keys() == drawer.dimensions.keys()
    assert len(joint) == 19


def test_distributions_are_those_of_the_space(plan):
    study = optuna.create_study()
    trial = study.ask()
    Drawer(plan).draw(trial)
    drawn = trial.distributions
    assert drawn["optimizer"] == optuna.distributions.CategoricalDistribution(("adam", "sgd"))
    assert drawn["optimizer.lr"] == optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)
    assert drawn["training.batch_size"] == optuna.distributions.IntDistribution(32, 96, step=32)
    assert drawn["optimizer.momentum"] == optuna.distributions.FloatDistribution(0, 0.9, step=0.3)


def test_trial_with_given_values_changes_the_recipe_by_them(plan):
    study = optuna.create_study()
    study.enqueue_trial(
        {"optimizer": "sgd", "optimizer.momentum": 0.6, "training.batch_size": 64}
        | {"checkpointing.every_num_iterations.is_null": True}
    )
    overrides = Drawer(plan).draw(study.ask()).overrides
    assert overrides["optimizer"] == {"type": "sgd", "nesterov": False}
    assert overrides["optimizer.momentum"] == pytest.approx(0.6)
    assert overrides["training.batch_size"] == 64
    assert overrides["checkpointing.every_num_iterations"] is None


def test_brute_force_counts_no_combination_twice(tmp_path):
    plan = planned(
        tmp_path,
        """\
search:
  num_trials: 50
  sampler: brute_force
  space:
    optimizer: {choices: [adam, sgd]}
    optimizer.momentum: {low: 0.0, high: 0.9, step: 0.3, when: {optimizer.type: sgd}}
""",
    )
    drawer = Drawer(plan)
    study = optuna.create_study(sampler=make_sampler(plan, worker=0, num_known=0))
    study.optimize(lambda trial: len(drawer.draw(trial).overrides), n_trials=9, catch=NothingLeft)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * (1 + 4) + ["FAIL"] * 4


def test_recipe_without_a_search_has_nothing_to_draw(tmp_path):
    with pytest.raises(ValueError, match="recipe 'recipe' has no search"):
        search_of(planned(tmp_path, ""))


def planned(folder, search):
    path = folder / "recipe.yaml"
    path.write_text(RECIPE + search, encoding="utf-8")
    return check(path)


PRUNED = optuna.trial.TrialState.PRUNED
