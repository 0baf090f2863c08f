"""The parts of a run are ordinary plans in ordinary run directories."""

import json

import pytest

from framework.recipe.loading import load_document
from framework.runs.directory import RunDirectory
from framework.runs.identity import digest_of, identity_of
from framework.runs.inheritance import Inheritance
from framework.runs.parts import (
    fold_plans,
    has_all_parts,
    make_part,
    note_on_parts,
    on_fold,
    part_names,
    refit_plan,
    seed_plans,
    trained_plans,
)
from framework.storage import sha256_of

FOLDS = "cross_validation={num_folds: 3, num_repeats: 2, keep: refit}"
SEEDS = "seeds=[5, 0]"
EXECUTOR = "executor={type: processes, num_workers: 2}"


def nothing(_plan):
    return Inheritance()


@pytest.fixture
def parent(tmp_path):
    meta = {"name": "tiny", "data_fingerprint": "ab", "num_threads": 2, "started": "once"}
    texts = {"recipe.yaml": "as: written"}
    return RunDirectory.create(tmp_path / "run", texts=texts, meta=meta, has_parts=True)


def test_folds_are_counted_on_over_repeats(planned):
    plan = planned(FOLDS, EXECUTOR)
    plans = fold_plans(plan)
    assert list(plans) == [f"fold-{number}" for number in range(6)]
    assert [each.fold for each in plans.values()] == list(range(6))
    assert not any(each.has_parts for each in plans.values())
    assert len({each.seed for each in plans.values()} | {plan.seed}) == 7
    assert {each.root_seed for each in plans.values()} == {plan.root_seed}


def test_fold_is_what_the_recipe_with_its_number_is(planned):
    plan = fold_plans(planned(FOLDS, EXECUTOR))["fold-2"]
    alone = planned(FOLDS.replace("}", ", fold: 2}"))
    assert plan.resolved == alone.resolved
    assert plan.seed == alone.seed
    assert identity_of(plan, "data") == identity_of(alone, "data")


def test_refit_is_the_recipe_without_folds(planned):
    plan = refit_plan(planned(FOLDS, EXECUTOR))
    assert plan.resolved == planned().resolved
    assert not plan.has_parts


def test_seed_is_the_recipe_with_that_seed(planned):
    plans = seed_plans(planned("seed=null", SEEDS, EXECUTOR))
    assert list(plans) == ["seed-5", "seed-0"]
    assert plans["seed-5"].resolved == planned("seed=5").resolved
    assert (plans["seed-5"].seed, plans["seed-0"].seed) == (5, 0)


def test_seed_with_folds_has_parts_and_an_executor_for_them(planned):
    plan = seed_plans(planned("seed=null", SEEDS, FOLDS, EXECUTOR))["seed-0"]
    assert plan.has_parts
    assert plan.resolved == planned("seed=0", FOLDS, EXECUTOR).resolved


@pytest.mark.parametrize(
    ("overrides", "folds"),
    [
        ((), [None]),
        ((FOLDS,), [0, 1, 2, 3, 4, 5, None]),
        ((FOLDS.replace("refit", "ensemble"),), [0, 1, 2, 3, 4, 5]),
        ((FOLDS.replace("}", ", fold: 4}"),), [4]),
    ],
)
def test_all_trainings_are_known_before_any_begins(planned, overrides, folds):
    assert [plan.fold for plan in trained_plans(planned(*overrides))] == folds


def test_part_is_made_once_and_can_be_read_as_a_recipe(planned, parent, tmp_path):
    plan = fold_plans(planned(FOLDS, EXECUTOR))["fold-1"]
    part = make_part(parent, "fold-1", plan, nothing, num_threads=1)
    assert part.path == parent.path / "fold-1"
    meta = json.loads((part.path / "meta.json").read_text())
    assert meta == {
        "name": "tiny",
        "data_fingerprint": "ab",
        "num_threads": 1,
        "started": "once",
        "identity": identity_of(plan, "ab"),
        "recipe_sha256": digest_of(plan.resolved),
        "seed": plan.seed,
        "parts": [],
        "needs": {},
    }
    assert (part.path / "recipe.yaml").read_text() == "as: written"
    assert load_document(part.path / "resolved.yaml").values == plan.resolved
    part.update(reason="kept")
    assert make_part(parent, "fold-1", plan, nothing).state.reason == "kept"
    assert sorted(path.name for path in parent.path.glob("fold*")) == ["fold-1"]
    assert tmp_path in part.path.parents


def test_part_with_parts_of_its_own_has_no_checkpoints(planned, parent):
    plan = seed_plans(planned("seed=null", SEEDS, FOLDS))["seed-0"]
    part = make_part(parent, "seed-0", plan, nothing)
    assert not (part.path / "checkpoints").exists()
    assert not (part.path / "metrics.jsonl").exists()


@pytest.mark.parametrize(
    ("overrides", "names"),
    [
        ((), []),
        (("seed=null", SEEDS), ["seed-5", "seed-0"]),
        (("seed=null", SEEDS, FOLDS), ["seed-5", "seed-0"]),
        ((FOLDS,), [*(f"fold-{number}" for number in range(6)), "refit"]),
        (("cross_validation={num_folds: 2}",), ["fold-0", "fold-1"]),
        ((FOLDS.replace("}", ", fold: 4}"),), []),
    ],
)
def test_names_of_parts_are_known_beforehand(planned, overrides, names):
    assert part_names(planned(*overrides)) == names


def test_run_knows_which_parts_it_has_yet_to_make(planned, tmp_path):
    plan = planned("cross_validation={num_folds: 2}")
    meta = {"name": "tiny", "data_fingerprint": "ab", "parts": part_names(plan)}
    parent = RunDirectory.create(
        tmp_path / "run", texts={"recipe.yaml": ""}, meta=meta, has_parts=True
    )
    for name, each in fold_plans(plan).items():
        assert not has_all_parts(parent.path)
        make_part(parent, name, each, nothing)
    assert has_all_parts(parent.path)


def needed(plan):
    identities = {"identity": f"of fold {plan.fold}", "network": "code"}
    return Inheritance(b"weights", {"encoder": identities}, f"fold {plan.fold} is seen")


def test_part_holds_what_it_begins_with(planned, parent):
    plans = fold_plans(planned(FOLDS))
    parts = {name: make_part(parent, name, each, needed) for name, each in plans.items()}
    found = parts["fold-1"].path
    meta = json.loads((found / "meta.json").read_text())
    assert (found / "initial.safetensors").read_bytes() == b"weights"
    assert meta["needs"] == {"encoder": {"identity": "of fold 1", "network": "code"}}
    assert meta["initial_sha256"] == sha256_of(b"weights")
    needs = {"encoder": "of fold 1/code"}
    assert meta["identity"] == identity_of(plans["fold-1"], "ab", needs)
    assert note_on_parts(parts) == "fold-0: fold 0 is seen; so in 5 more of its parts"


def test_part_with_parts_of_its_own_begins_with_nothing(planned, parent):
    plan = seed_plans(planned("seed=null", SEEDS, FOLDS))["seed-0"]
    part = make_part(parent, "seed-0", plan, needed)
    assert not (part.path / "initial.safetensors").exists()
    assert (json.loads((part.path / "meta.json").read_text())["needs"], part.state.note) == ({}, "")


def test_note_that_all_parts_share_is_told_once(planned, parent):
    plans = seed_plans(planned("seed=null", SEEDS))
    parts = {name: make_part(parent, name, each, needed) for name, each in plans.items()}
    assert note_on_parts(parts) == "fold None is seen"
    parts["seed-5"].update(note="")
    assert note_on_parts(parts) == "seed-0: fold None is seen"
    parts["seed-0"].update(note="")
    assert note_on_parts(parts) == ""


def test_plan_on_a_fold_of_another_is_trained_on_its_images(planned):
    plan = planned("seed=7")
    other = fold_plans(planned(FOLDS))["fold-3"]
    assert on_fold(plan, other).resolved == planned("seed=7", FOLDS[:-1] + ", fold: 3}").resolved
    assert on_fold(plan, planned()) is plan
