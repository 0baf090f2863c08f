"""Networks that come from another recipe or from a run."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from framework.contracts import DataInfo, Dataset
from framework.errors import Fault, Position, RecipeError, nearest_hint
from framework.finished_runs import LayerRow
from framework.recipe.component_specs import NetworkSpec
from framework.recipe.documents import Document
from framework.recipe.finding import NoSuchRecipe, locate
from framework.recipe.loading import load_document
from framework.recipe.plans import Plan, Upstream
from framework.recipe.schema import Recipe
from framework.recipe.shipped import shipped_name

_BAD_ORIGIN = "R028"

Planning = Callable[[Document, Path | None], tuple[Plan, Dataset, Path | None]]
"""Makes a plan of a document, given its run directory, where it is the document of one.

The directory is answered too, and so is that of the best trial of a search.
"""

Settling = Callable[[Plan, Dataset], Path]
"""Carries a search out, or finds it finished; answers the run directory of its best trial."""


def upstreams_of(
    recipe: Recipe, document: Document, plan_of: Planning, path: tuple[str, ...]
) -> dict[str, Upstream]:
    """Find and plan whatever the networks of a recipe come from.

    Args:
        recipe: the recipe's shape.
        document: its text, for positions.
        plan_of: makes plans.
        path: the recipes that led here, outermost first.

    Returns:
        Network → where it comes from; networks of one origin share its plan.

    Raises:
        RecipeError: an origin is missing, is this recipe itself, or has no such network.
    """
    planned: dict[tuple[Any, ...], tuple[Plan, Dataset, Path | None]] = {}
    found: dict[str, Upstream] = {}
    faults: list[Fault] = []
    for name, spec in recipe.networks.items():
        if spec.origin is None:
            continue
        try:
            file, run = _locate(spec, name, document)
            _require_no_circle((*path, str(document.source)), str(file), name, document)
            if run is not None:
                _require_no_changes(spec, name, document)
            key = (file, spec.origin.overrides)
            if key not in planned:
                planned[key] = _planned(file, run, spec, recipe, plan_of)
            location = _location(file, run)
            found[name] = _upstream(name, spec, *planned[key], location, document=document)
        except RecipeError as error:
            faults += error.faults
    if faults:
        raise RecipeError(faults)
    return found


def origin_faults(
    upstreams: Mapping[str, Upstream],
    data: DataInfo,
    layers: Sequence[LayerRow],
    document: Document,
) -> list[Fault]:
    """What a network was trained on must be what it is given now, and its layers the same."""
    faults: list[Fault] = []
    for name, upstream in upstreams.items():
        found = [*_other_data(upstream, data)] or [*_other_layers(name, upstream, layers)]
        faults += [_fault(name, document, message, hint) for message, hint in found]
    return faults


def _other_data(upstream: Upstream, data: DataInfo) -> Iterator[tuple[str, str]]:
    known = upstream.plan.data
    for what, then, now in (
        ("images of shape", known.image_shape, data.image_shape),
        ("values in", known.value_range, data.value_range),
    ):
        if tuple(then) != tuple(now):
            message = f"'{upstream.reference}' was trained on {what} {list(then)}, "
            yield f"{message}this data set has {list(now)}", "choose another data set"


def _other_layers(
    name: str, upstream: Upstream, layers: Sequence[LayerRow]
) -> Iterator[tuple[str, str]]:
    """A layer of another size, so that the weights would not fit once they are there."""
    there = {r.layer: r for r in upstream.plan.layers if r.network == upstream.network}
    for row in layers:
        known = there.get(row.layer) if row.network == name else None
        if known is not None and known.num_parameters != row.num_parameters:
            message = (
                f"'{upstream.reference}' has {known.num_parameters:,} weights in layer "
                f"'{row.layer}', and with what is written here there are {row.num_parameters:,}"
            )
            yield message, "leave out what changes the layers, or build the network anew"
            return


def _locate(spec: NetworkSpec, name: str, document: Document) -> tuple[Path, Path | None]:
    """The recipe's file, and the run directory where one is named."""
    reference = "" if spec.origin is None else spec.origin.reference
    place = document.place(("networks", name, "from"))
    folder = Path(place.file).parent if isinstance(place, Position) else Path()
    try:
        file = locate(reference, folder)
    except NoSuchRecipe as error:
        for run in (folder / reference, Path(reference)):
            if _is_run(run):
                trained = run / _best_trial(run)
                return trained / "resolved.yaml", trained
        raise RecipeError(_fault(name, document, str(error), error.hint)) from None
    return file, None


def _is_run(path: Path) -> bool:
    try:
        return all((path / name).is_file() for name in ("state.json", "resolved.yaml"))
    except OSError:  # such as a name that is too long
        return False


def _best_trial(run: Path) -> str:
    """The trial that a search has kept; empty in any other run."""
    try:
        kept = str(json.loads((run / "state.json").read_bytes())["kept"])
    except (OSError, ValueError, KeyError, TypeError):  # which is for others to say
        return ""
    return kept if kept.startswith("trial-") else ""


def _location(file: Path, run: Path | None) -> str:
    """Where a recipe or a run is found again, wherever it is looked for."""
    return (None if run else shipped_name(file)) or str((run or file).resolve())


def _require_no_circle(path: tuple[str, ...], file: str, name: str, document: Document) -> None:
    resolved = [str(Path(each).resolve()) for each in path]
    if str(Path(file).resolve()) in resolved:
        message = f"recipes need each other in a circle: {' -> '.join((*path, file))}"
        raise RecipeError(_fault(name, document, message, "train one of them without the other"))


def _require_no_changes(spec: NetworkSpec, name: str, document: Document) -> None:
    if spec.origin is not None and spec.origin.overrides:
        found, reference = list(spec.origin.overrides), spec.origin.reference
        message = f"the run '{reference}' is taken as it is, found {found}"
        raise RecipeError(_fault(name, document, message, "name its recipe to change it"))


def _planned(
    file: Path, run: Path | None, spec: NetworkSpec, recipe: Recipe, plan_of: Planning
) -> tuple[Plan, Dataset, Path | None]:
    overrides = () if spec.origin is None else spec.origin.overrides
    document = load_document(file, [*_same_data(file, recipe), *overrides])
    return plan_of(document, run)


def _same_data(file: Path, recipe: Recipe) -> list[str]:
    """Where the data lie is said once: an upstream recipe on the same data finds them there too."""
    written = load_document(file).values.get("dataset")
    given = written if isinstance(written, dict) else {"type": written}
    root = recipe.dataset.parameters.get("root")
    if given.get("type") != recipe.dataset.type or root is None or "root" in given:
        return []
    return [f"dataset.root={json.dumps(root)}"]


def _upstream(
    name: str,
    spec: NetworkSpec,
    plan: Plan,
    dataset: Dataset,
    run: Path | None,
    location: str,
    *,
    document: Document,
) -> Upstream:
    origin = spec.origin
    reference, wanted = ("", name) if origin is None else (origin.reference, origin.network or name)
    networks = plan.components.networks
    if wanted not in networks:
        message = f"'{reference}' has no network called '{wanted}'"
        hint = nearest_hint(wanted, networks) or f"it has {', '.join(networks)}; write `network:`"
        raise RecipeError(_fault(name, document, message, hint))
    if plan.recipe.seeds:
        message = f"'{reference}' is carried out with several seeds, so there are several weights"
        hint = "add `overrides: [seeds=null, seed=0]`, or name one of its runs"
        raise RecipeError(_fault(name, document, message, hint))
    folds = plan.recipe.cross_validation
    if folds is not None and folds.fold is None and folds.keep == "ensemble":
        message = f"'{reference}' keeps an ensemble, so there are several weights"
        hint = "add `overrides: [cross_validation.keep=best_fold]`"
        raise RecipeError(_fault(name, document, message, hint))
    return Upstream(reference, location, wanted, plan, dataset, run)


def _fault(name: str, document: Document, message: str, hint: str = "") -> Fault:
    place = document.place(("networks", name, "from"))
    return Fault(_BAD_ORIGIN, message, key=f"networks.{name}.from", place=place, hint=hint)
