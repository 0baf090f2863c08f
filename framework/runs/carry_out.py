"""Carry a plan out: find the run that is meant, or make its directory, and train."""

import secrets
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch

from framework.contracts import DataBundle, Dataset
from framework.data.soundness import require_sound
from framework.data.worker_processes import close_workers, read_ahead
from framework.errors import CheckpointError, Fault, RunLockedError, StorageError
from framework.recipe.plans import Plan
from framework.recipe.writing import yaml_text
from framework.runs.assembly import split_images
from framework.runs.directory import RunDirectory, clear_drafts
from framework.runs.environment import choose_device, describe_environment, use_threads
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained
from framework.runs.identity import identity_of, plugins_of, recipe_digest
from framework.runs.inheritance import Inheritance
from framework.runs.interruption import interruptions
from framework.runs.metric_directions import metric_directions
from framework.runs.options import Options
from framework.runs.parts import part_names, trained_plans
from framework.runs.records import OVER, RunRecord, is_run, read_meta, read_run, read_state
from framework.runs.repetition import carry_out_in, take_part_in
from framework.runs.tracking import RunTracking
from framework.runs.upstream_runs import UpstreamRuns, identities_needed
from framework.storage import (
    exclusive_lock,
    has_temporary_files,
    make_folder,
    missing_guarantees,
)


def carry_out(plan: Plan, dataset: Dataset, options: Options) -> RunRecord:
    """Carry a plan out, or continue the run that has the same identity.

    Raises:
        DataError: the data are missing, damaged or too few.
        TrainingError: training diverged or ran out of memory.
        StorageError: the disk does not take what must be written.
        RunLockedError: another process is at it.
        Interrupted: a signal asked for the end; everything is saved.
    """
    device = choose_device(options.device)
    use_threads(plan.recipe.training.num_threads)
    fingerprint = _fingerprint(plan, dataset)
    identity = identity_of(plan, fingerprint, identities_needed(plan))
    folder = options.runs_directory / plan.recipe.name
    found = None if options.is_new else find_run(folder, identity)
    if found is not None and _is_over(found, plan):
        complete_report(found, options)
        return read_run(found).shown_again()
    bundle = _load(plan, dataset, device)
    upstreams = UpstreamRuns(carry_out, options, bundle, fingerprint)
    has_weights = plan.has_parts or found is not None
    inherited = Inheritance() if has_weights else upstreams.inheritance_of(plan)
    with ExitStack() as stack:
        _tell_of_missing_guarantees(make_folder(folder), options)
        with exclusive_lock(folder, waits=True):
            clear_drafts(folder)
            found = found or (None if options.is_new else find_run(folder, identity))
            meta = _meta(plan, options, device, identity=identity, fingerprint=fingerprint)
            meta |= inherited.meta
            store = _create(folder, plan, meta, inherited) if found is None else RunDirectory(found)
            stack.enter_context(store.lock())
        if not _is_over(store.path, plan):
            _note_number_of_trials(store, plan)
        return _carried_out(plan, store, _Means(bundle, device, options, upstreams, fingerprint))


def continue_run(
    path: Path, plan: Plan, dataset: Dataset, options: Options, *, worker: int | None = None
) -> RunRecord:
    """Continue exactly the run in `path`, whose plan was made from its resolved recipe.

    Args:
        path: the run directory.
        plan: its plan.
        dataset: its data set.
        options: how.
        worker: number of this process among those that only take part in its search, which
            another process has begun; None carries the run out.

    Raises:
        CheckpointError: data or plugins are no longer those that the run began with.
    """
    device = choose_device(options.device)
    use_threads(plan.recipe.training.num_threads)
    meta = read_meta(path)
    fingerprint = _fingerprint(plan, dataset)
    if fingerprint != meta["data_fingerprint"] and not options.allows_data_change:
        message = f"the data have changed since the run began: {fingerprint[:12]}…, not "
        message += f"{meta['data_fingerprint'][:12]}…"
        hint = "restore them, or continue with --allow-data-change"
        raise CheckpointError(Fault("C036", message, place=str(path), hint=hint))
    changed = [o for o, seen in plugins_of(plan).items() if seen != meta["plugins"].get(o)]
    if changed and not options.is_forced:
        message = f"plugins have changed since the run began: {', '.join(changed)}"
        hint = "run the recipe again from its file, or continue with --force"
        raise CheckpointError(Fault("C075", message, place=str(path), hint=hint))
    bundle = _load(plan, dataset, device)
    _tell_of_missing_guarantees(path, options)
    store = RunDirectory(path)
    upstreams = UpstreamRuns(carry_out, options, bundle, fingerprint)
    means = _Means(bundle, device, options, upstreams, fingerprint)
    if worker is not None:  # the report is the caller's
        means = replace(means, options=replace(options, report=None))
        return _carried_out(plan, store, means, partial(take_part_in, worker=worker))
    with store.lock():
        return _carried_out(plan, store, means)


def _tell_of_missing_guarantees(folder: Path, options: Options) -> None:
    for what in missing_guarantees(folder):
        options.warn(what)


def find_run(folder: Path, identity: str) -> Path | None:
    """The newest run of this identity; one that is over wins over one that is not."""
    paths = [p for p in sorted(folder.glob(f"*-{identity[:8]}")) if is_run(p)]
    runs = [p for p in paths if read_meta(p)["identity"] == identity]
    over = [p for p in runs if read_state(p).status in OVER]
    candidates = over or runs
    return candidates[-1] if candidates else None


def _fingerprint(plan: Plan, dataset: Dataset) -> str:
    with failures_explained(plan):
        return dataset.fingerprint()


def _load(plan: Plan, dataset: Dataset, device: torch.device) -> DataBundle:
    """Read the data, one copy of them on the device, and check that every split has its images.

    Of the test images nothing is looked at: they are sealed until they are measured.
    """
    with failures_explained(plan):
        bundle = dataset.load()
        require_sound(bundle.train, plan.data, "training")
        bundle = DataBundle(bundle.train.to(device), bundle.test)
        bundle = read_ahead(bundle, plan.recipe.training.num_workers)
    for each in trained_plans(plan):
        split_images(each, len(bundle.train), bundle.train.labels)
    return bundle


@dataclass(frozen=True)
class _Means:
    """With what, where and how: an execution that no signal can reach yet."""

    bundle: DataBundle
    device: torch.device
    options: Options
    upstreams: UpstreamRuns
    fingerprint: str


def _is_over(path: Path, plan: Plan) -> bool:
    """Whether nothing is left to do, not even more trials of a search than were asked for then."""
    state = read_state(path)
    total = 0 if plan.recipe.search is None else plan.recipe.search.num_trials
    return state.status in OVER and total <= state.num_trials


def complete_report(path: Path, options: Options, *, is_locked: bool = False) -> None:
    """Have the report written of a run that was killed between its end and its report's.

    Args:
        path: the run directory.
        options: say who writes it.
        is_locked: whether this process holds the run directory.
    """
    is_complete = read_run(path).report is not None and not has_temporary_files(path)
    if is_complete or options.report is None:
        return
    lock = nullcontext() if is_locked else RunDirectory(path).lock()
    with suppress(RunLockedError, StorageError), lock:  # it is another's to write, or nobody can
        options.write_report(path)


def _note_number_of_trials(store: RunDirectory, plan: Plan) -> None:
    """Let a search be what was asked for last, so that its run directory can tell."""
    search = plan.recipe.search
    if search is not None and search.num_trials != store.state.num_trials:
        status = "interrupted" if store.state.status in OVER else store.state.status
        store.update(num_trials=search.num_trials, status=status)


def _carried_out(
    plan: Plan,
    store: RunDirectory,
    means: _Means,
    act: Callable[[Plan, RunDirectory, Execution], None] = carry_out_in,
) -> RunRecord:
    if read_state(store.path).status in OVER:  # another process has finished it meanwhile
        complete_report(store.path, means.options, is_locked=True)
        return read_run(store.path).shown_again()
    with interruptions() as interruption:
        tracking = RunTracking(means.options)
        execution = Execution(
            means.bundle,
            means.device,
            means.options,
            interruption,
            means.upstreams.inheritance_of,
            fingerprint=means.fingerprint,
            tracking=tracking,
        )
        try:
            act(plan, store, execution)
        finally:  # a run is over, too, where a figure of it failed
            if plan.recipe.training.num_workers:
                close_workers(means.bundle)
            tracking.close(plan, store.path, gathers=act is carry_out_in)
    return read_run(store.path)


def _meta(
    plan: Plan, options: Options, device: torch.device, *, identity: str, fingerprint: str
) -> dict[str, Any]:
    return {
        "format": 1,
        "name": plan.recipe.name,
        "identity": identity,
        "recipe_sha256": recipe_digest(plan),
        "data": asdict(plan.data),
        "data_fingerprint": fingerprint,
        "plugins": plugins_of(plan),
        "plugin_files": [str(file.resolve()) for file in options.plugin_files],
        "seed": plan.seed,
        "num_epochs": plan.recipe.training.num_epochs,
        "num_parameters": plan.num_parameters,
        "parts": part_names(plan),
        "layers": [asdict(layer) for layer in plan.layers],
        "directions": metric_directions(plan),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
    } | describe_environment(device)


def _create(folder: Path, plan: Plan, meta: dict[str, Any], inherited: Inheritance) -> RunDirectory:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = folder / f"{stamp}-{meta['identity'][:8]}"
    if path.exists():  # begun and begun again within one second
        path = folder / f"{stamp}-{secrets.token_hex(2)}-{meta['identity'][:8]}"
    texts = {"recipe.yaml": plan.document.source_text, "resolved.yaml": yaml_text(plan.resolved)}
    return RunDirectory.create(
        path,
        texts=texts,
        meta=meta,
        has_parts=plan.has_parts,
        files=inherited.files,
        note=inherited.note,
    )
