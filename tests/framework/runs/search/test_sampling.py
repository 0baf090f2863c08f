"""Samplers are seeded so that no two workers, and no two starts, draw the same."""

from dataclasses import replace

import optuna
import pytest

from framework.application import check
from framework.errors import RecipeError
from framework.runs.search.combinations import Combinations
from framework.runs.search.drawing import Drawer
from framework.runs.search.sampling import make_pruner, make_sampler, num_combinations

RECIPE = """\
seed: 7
dataset: digits
networks: {encoder: conv_encoder, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: adam
training: {num_epochs: 1}
search:
  num_trials: 10
  space:
    optimizer.lr: {low: 0.1, high: 0.4, step: 0.1}
    training.batch_size: {choices: [32, 64]}
"""


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def test_no_worker_and_no_start_draws_what_another_has_drawn(planned):
    plan = planned("search.space={networks.encoder: symmetric_conv_space}")
    starts = [(0, 0), (1, 0), (0, 5)]
    drawn = [first_draw(plan, worker, known) for worker, known in starts]
    assert len(set(drawn)) == 3
    assert drawn == [first_draw(plan, worker, known) for worker, known in starts]
    assert first_draw(replace(plan, root_seed=8), 0, 0) not in drawn


@pytest.mark.parametrize(("name", "is_lazy"), [("grid", False), ("brute_force", True)])
def test_samplers_of_all_combinations_are_such_that_workers_share_them(planned, name, is_lazy):
    sampler = make_sampler(planned(f"search.sampler={name}"), worker=0, num_known=0)
    assert isinstance(sampler, Combinations)
    assert sampler.is_lazy is is_lazy


def test_combinations_are_counted_as_far_as_it_matters(planned):
    assert num_combinations(planned("search.sampler=grid"), at_most=100) == 8
    assert num_combinations(planned("search.sampler=grid"), at_most=5) == 5
    assert num_combinations(planned("search.sampler=tpe"), at_most=100) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "trusts", "is_refused"),
    [
        (["search.sampler=cmaes", "search.storage='sqlite:///other.db'"], False, True),
        (["search.sampler=cmaes", "search.storage='sqlite:///other.db'"], True, False),
        (["search.sampler=cmaes"], False, False),
        (["search.storage='sqlite:///other.db'"], False, False),
    ],
)
def test_what_others_may_have_stored_is_not_unpickled(planned, changes, trusts, is_refused):
    plan = planned(*changes)
    if not is_refused:
        assert make_sampler(plan, worker=0, num_known=0, trusts_storage=trusts)
        return
    with pytest.raises(RecipeError, match=r"--trust-storage.*\[R078\]"):
        make_sampler(plan, worker=0, num_known=0, trusts_storage=trusts)


def test_pruner_is_the_one_of_the_recipe_or_none(planned):
    assert isinstance(make_pruner(planned()), optuna.pruners.NopPruner)
    pruner = make_pruner(planned("search.pruner={type: median, num_warmup_epochs: 4}"))
    assert isinstance(pruner, optuna.pruners.MedianPruner)
    assert pruner._n_warmup_steps == 4


@pytest.fixture
def planned(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return lambda *overrides: check(path, overrides=overrides)


def first_draw(plan, worker, num_known):
    sampler = make_sampler(plan, worker=worker, num_known=num_known)
    trial = optuna.create_study(sampler=sampler).ask()
    Drawer(plan).draw(trial)
    return tuple(trial.params.values())
