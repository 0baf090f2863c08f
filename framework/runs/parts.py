"""The trainings that a run consists of: its seeds and its folds, each in a directory of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from framework.recipe.plans import Plan
from framework.recipe.writing import yaml_text
from framework.runs.directory import RunDirectory
from framework.runs.identity import identity_of, recipe_digest
from framework.runs.inheritance import Inheritance
from framework.runs.records import is_run, read_meta, read_state

REFIT = "refit"
"""The directory of the training on all images that a cross-validation may end with."""


def seed_plans(plan: Plan) -> dict[str, Plan]:
    """The plan with each of its seeds, by the name of its directory.

    An executor is for folds, where there are any: a seed without folds has nothing to share out.
    """
    executor = plan.recipe.executor if plan.recipe.cross_validation else None
    return {
        f"seed-{seed}": replace(
            plan,
            recipe=plan.recipe.model_copy(update={"seeds": (), "seed": seed, "executor": executor}),
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


def trained_plans(plan: Plan) -> Iterator[Plan]:
    """The plans of all trainings with one seed: the folds and what is refit, or the plan itself.

    Each is made when it is asked for, as there may be more folds than images, or than memory holds.
    """
    folds = plan.recipe.cross_validation
    if folds is None or folds.fold is not None:
        yield plan
        return
    yield from (_fold_plan(plan, number) for number in range(folds.num_fits))
    if folds.keep == "refit":
        yield refit_plan(plan)


def on_fold(plan: Plan, other: Plan) -> Plan:
    """The plan, trained on the images of the fold that another plan is the training of."""
    if other.fold is None:
        return plan
    return _with(plan, cross_validation=other.recipe.cross_validation)


def make_part(
    parent: RunDirectory,
    name: str,
    plan: Plan,
    inheritance_of: Callable[[Plan], Inheritance],
    **changes: Any,
) -> RunDirectory:
    """Find the directory of a part of a run, or make it.

    Args:
        parent: the whole run.
        name: the part's name.
        plan: the part's plan.
        inheritance_of: what a new part takes over from runs that it needs.
        changes: entries of `meta.json` that differ from the whole run's.
    """
    path = parent.path / name
    if is_run(path):
        return RunDirectory(path)
    inheritance = Inheritance() if plan.has_parts else inheritance_of(plan)
    meta = _meta_of_part(read_meta(parent.path), plan, inheritance) | changes
    texts = {"recipe.yaml": _recipe_text(parent.path), "resolved.yaml": yaml_text(plan.resolved)}
    return RunDirectory.create(
        path,
        texts=texts,
        meta=meta,
        has_parts=plan.has_parts,
        files=inheritance.files,
        note=inheritance.note,
    )


def note_on_parts(parts: Mapping[str, RunDirectory]) -> str:
    """How the metrics of parts are to be read, if they have notes; folds may differ in numbers."""
    notes = {name: part.state.note for name, part in parts.items() if part.state.note}
    if not notes:
        return ""
    (name, note), *others = notes.items()
    if len(notes) == len(parts) and all(other == note for _, other in others):
        return note
    return f"{name}: {note}" + (f"; so in {len(others)} more of its parts" if others else "")


def has_all_parts(directory: Path) -> bool:
    """Whether no part of a run has yet to be made, which might need the runs it comes from.

    A search may always have another trial.
    """
    expected = read_meta(directory).get("parts", [])
    return not read_state(directory).num_trials and all(
        is_run(directory / name) for name in expected
    )


def part_names(plan: Plan) -> list[str]:
    """Names of the directories that a run's parts will have; those of trials are not known yet."""
    if plan.recipe.search is not None:
        return []
    folds = plan.recipe.cross_validation
    names = [*seed_plans(plan)] or [*(fold_plans(plan) if plan.fold is None else ())]
    keeps_refit = folds is not None and plan.fold is None and folds.keep == REFIT
    return [*names, REFIT] if keeps_refit and not plan.recipe.seeds else names


def _fold_plan(plan: Plan, number: int) -> Plan:
    folds = plan.recipe.cross_validation
    alone = None if folds is None else folds.model_copy(update={"fold": number})
    return _with(plan, cross_validation=alone)


def _with(plan: Plan, **changes: Any) -> Plan:
    update = {"executor": None, "seed": plan.root_seed, "seeds": ()} | changes
    return replace(plan, recipe=plan.recipe.model_copy(update=update))


def _meta_of_part(meta: Mapping[str, Any], plan: Plan, inheritance: Inheritance) -> dict[str, Any]:
    return {
        **meta,
        **inheritance.meta,
        "identity": identity_of(plan, meta["data_fingerprint"], inheritance.identities),
        "recipe_sha256": recipe_digest(plan),
        "seed": plan.seed,
        "parts": part_names(plan),
    }


def _recipe_text(path: Path) -> str:
    return (path / "recipe.yaml").read_text(encoding="utf-8")
