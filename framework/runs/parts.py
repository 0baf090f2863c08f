"""The trainings that a run consists of: its seeds and its folds, each in a directory of its own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from framework.recipe.plans import Plan
from framework.recipe.writing import yaml_text
from framework.runs.directory import RunDirectory
from framework.runs.identity import digest_of, identity_of
from framework.runs.records import is_run, read_meta

REFIT = "refit"
"""The directory of the training on all images that a cross-validation may end with."""


def seed_plans(plan: Plan) -> dict[str, Plan]:
    """The plan with each of its seeds, by the name of its directory."""
    return {
        f"seed-{seed}": replace(
            plan,
            recipe=plan.recipe.model_copy(update={"seeds": (), "seed": seed}),
            root_seed=seed,
        )
        for seed in plan.recipe.seeds
    }


def fold_plans(plan: Plan) -> dict[str, Plan]:
    """The plan of each fold of a cross-validation, by the name of its directory."""
    folds = plan.recipe.cross_validation
    numbers = range(0 if folds is None else folds.num_fits)
    return {f"fold-{number}": _fold_plan(plan, number) for number in numbers}


def refit_plan(plan: Plan) -> Plan:
    """The plan without its folds."""
    return _with(plan, cross_validation=None)


def make_part(parent: RunDirectory, name: str, plan: Plan, **changes: Any) -> RunDirectory:
    """Find the directory of a part of a run, or make it.

    Args:
        parent: the whole run.
        name: the part's name.
        plan: the part's plan.
        changes: entries of `meta.json` that differ from the whole run's.
    """
    path = parent.path / name
    if is_run(path):
        return RunDirectory(path)
    meta = _meta_of_part(read_meta(parent.path), plan) | changes
    texts = {"recipe.yaml": _recipe_text(parent.path), "resolved.yaml": yaml_text(plan.resolved)}
    return RunDirectory.create(path, texts=texts, meta=meta, has_parts=plan.has_parts)


def _fold_plan(plan: Plan, number: int) -> Plan:
    folds = plan.recipe.cross_validation
    alone = None if folds is None else folds.model_copy(update={"fold": number})
    return _with(plan, cross_validation=alone)


def _with(plan: Plan, **changes: Any) -> Plan:
    update = {"executor": None, "seed": plan.root_seed, "seeds": ()} | changes
    return replace(plan, recipe=plan.recipe.model_copy(update=update))


def _meta_of_part(meta: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    return {
        **meta,
        "identity": identity_of(plan, meta["data_fingerprint"]),
        "recipe_sha256": digest_of(plan.resolved),
        "seed": plan.seed,
    }


def _recipe_text(path: Path) -> str:
    return (path / "recipe.yaml").read_text(encoding="utf-8")
