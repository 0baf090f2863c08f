"""What the command line and Python callers share."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from framework.contracts import Dataset, Handler
from framework.discovery import discover
from framework.errors import CheckpointError, Fault, RecipeError
from framework.recipe.added_trackers import with_trackers
from framework.recipe.documents import Document
from framework.recipe.loading import load_document
from framework.recipe.origins import Settling
from framework.recipe.planning import make_plan
from framework.recipe.plans import Plan
from framework.recipe.schema import read_recipe
from framework.reports.reporting import report_if_over
from framework.runs.carry_out import carry_out, complete_report, continue_run
from framework.runs.identity import recipe_digest
from framework.runs.options import Options
from framework.runs.parts import has_all_parts
from framework.runs.records import OVER, RunRecord, is_run, read_meta, read_run
from framework.runs.remembered_plugins import remembered_plugins
from framework.runs.syncing import sync_run
from framework.runs.upstream_runs import settle_search
from framework.runs.workers import read_job


def check(
    recipe: str | Path, *, overrides: Sequence[str] = (), plugins: Sequence[str | Path] = ()
) -> Plan:
    """Check everything about a recipe that can be checked without reading data.

    Args:
        recipe: a file, or the name of a shipped recipe.
        overrides: changes such as `training.num_epochs=5`.
        plugins: single-file plugins to load beside the installed ones.

    Raises:
        RecipeError: every fault found, with its position.
        PluginError: a plugin that the recipe needs cannot be used.
    """
    return _planned(load_document(recipe, overrides), plugins)[0]


def run(
    recipe: str | Path,
    *,
    overrides: Sequence[str] = (),
    plugins: Sequence[str | Path] = (),
    runs_directory: str | Path = "runs",
    new: bool = False,
    device: str = "auto",
    exact: bool = False,
    force: bool = False,
    allow_data_change: bool = False,
    trust_storage: bool = False,
    track: Sequence[str] = (),
    handlers: Sequence[Handler] = (),
    announce: Callable[[str], None] = print,
    warn: Callable[[str], None] = warnings.warn,
) -> RunRecord:
    """Carry a recipe out, or continue or show the run that it has already.

    Args:
        recipe: a file, the name of a shipped recipe, or a run directory to continue.
        overrides: changes such as `training.num_epochs=5`.
        plugins: single-file plugins to load beside the installed ones.
        runs_directory: where run directories are kept.
        new: train again even where the recipe has a run; of a run directory, its resolved recipe.
        device: `auto`, `cpu`, `cuda` or `mps`.
        exact: refuse to continue where the result could differ in its last bits.
        force: continue a run directory though its recipe or a plugin has changed.
        allow_data_change: continue a run directory though the data have changed.
        trust_storage: let a sampler execute what the storage of a search holds, which others may
            have written.
        track: names of trackers that are added to those of the recipe.
        handlers: handlers that look on, such as a progress display.
        announce: takes lines for the user.
        warn: takes warnings.

    Raises:
        FrameworkError: see `docs/faults.md` for each kind and its exit code.
    """
    options = Options(
        runs_directory=Path(runs_directory),
        device=device,
        is_new=new,
        is_exact=exact,
        is_forced=force,
        allows_data_change=allow_data_change,
        trusts_storage=trust_storage,
        plugin_files=[Path(plugin) for plugin in plugins],
        trackers=tuple(track),
        observers=handlers,
        announce=announce,
        warn=warn,
        report=report_if_over,
    )
    if is_run(Path(recipe)):
        options = _with_remembered_plugins(Path(recipe), options)
        if not new:
            return _continued(Path(recipe), overrides, options)
        recipe = Path(recipe) / "resolved.yaml"
    plan, dataset = _planned_with(options, _document(recipe, overrides, options))
    return carry_out(plan, dataset, options)


def sync(
    directory: str | Path,
    *,
    plugins: Sequence[str | Path] = (),
    announce: Callable[[str], None] = print,
) -> int:
    """Send what the trackers of a run, and of the runs in it, have only stored.

    Args:
        directory: a run directory.
        plugins: single-file plugins that provide trackers.
        announce: is told what was sent.

    Returns:
        The number of runs of which something was sent.

    Raises:
        CheckpointError: the run has no tracker.
        StorageError: something could not be sent.
    """
    registry = discover([Path(plugin) for plugin in plugins])
    return sync_run(Path(directory), registry, announce)


def carry_out_job(
    file: str | Path,
    *,
    handlers: Sequence[Handler] = (),
    announce: Callable[[str], None] = print,
    warn: Callable[[str], None] = warnings.warn,
) -> RunRecord:
    """Carry out, or go on with, the part of a run that an executor was given.

    Args:
        file: describes the job.
        handlers: handlers that look on.
        announce: takes lines for the user.
        warn: takes warnings.

    Raises:
        FrameworkError: as `run`.
    """
    job = read_job(Path(file))
    path = Path(job["run"])
    options = Options(
        runs_directory=Path(job["runs_directory"]),
        device=job["device"],
        is_exact=job["exact"],
        is_forced=job["force"],
        allows_data_change=job["allow_data_change"],
        trusts_storage=job["trust_storage"],
        trackers=tuple(job["track"]),
        observers=handlers,
        announce=announce,
        warn=warn,
        report=report_if_over,
    )
    return _continued(path, (), _with_remembered_plugins(path, options), worker=job["worker"])


def _continued(
    path: Path, overrides: Sequence[str], options: Options, *, worker: int | None = None
) -> RunRecord:
    if overrides:
        message = f"a run directory is continued as it is, found {list(overrides)}"
        hint = "give the recipe and the changes instead"
        raise RecipeError(Fault("R026", message, place=str(path), hint=hint))
    record = read_run(path)
    if record.status in OVER:
        complete_report(path, options)
        return read_run(path).shown_again()
    document = _document(path / "resolved.yaml", (), options)
    plan, dataset = _planned_with(options, document, is_begun=has_all_parts(path))
    _require_same_recipe(path, plan, is_forced=options.is_forced)
    return continue_run(path, plan, dataset, options, worker=worker)


def _document(recipe: str | Path, overrides: Sequence[str], options: Options) -> Document:
    return with_trackers(load_document(recipe, overrides), options.trackers)


def _with_remembered_plugins(path: Path, options: Options) -> Options:
    remembered = remembered_plugins(path, read_meta(path))
    given = {file.resolve() for file in options.plugin_files}
    files = [*options.plugin_files, *(file for file in remembered if file not in given)]
    return replace(options, plugin_files=files)


def _planned_with(
    options: Options, document: Document, *, is_begun: bool = False
) -> tuple[Plan, Dataset]:
    """Plan what will be carried out, after the searches that it needs, and tell all warnings."""
    settle = partial(settle_search, carry_out=carry_out, options=options)
    found = _planned(document, options.plugin_files, is_begun=is_begun, settle=settle)
    for warning in found[0].warnings:
        options.warn(warning)
    return found


def _planned(
    document: Document,
    plugins: Sequence[str | Path],
    *,
    is_begun: bool = False,
    settle: Settling | None = None,
) -> tuple[Plan, Dataset]:
    recipe = read_recipe(document)  # its shape first: that needs neither torch nor plugins
    registry = discover([Path(plugin) for plugin in plugins])
    return make_plan(recipe, document, registry, is_begun=is_begun, settle=settle)


def _require_same_recipe(path: Path, plan: Plan, *, is_forced: bool) -> None:
    stored, found = read_meta(path)["recipe_sha256"], recipe_digest(plan)
    if stored != found and not is_forced:
        message = f"the recipe is no longer the one that the run began with: {found[:12]}…, not "
        hint = "restore resolved.yaml, or continue with --force"
        fault = Fault("C064", f"{message}{stored[:12]}…", place=str(path), hint=hint)
        raise CheckpointError(fault)
