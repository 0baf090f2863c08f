"""Runs that a run needs: found, or carried out first, and their weights taken over."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from framework.contracts import DataBundle, Dataset
from framework.errors import CheckpointError, Fault
from framework.recipe.plans import Plan, Upstream
from framework.runs.assembly import split_images
from framework.runs.directory import RunDirectory
from framework.runs.failures import failures_explained
from framework.runs.identity import identity_of
from framework.runs.inheritance import Inheritance
from framework.runs.options import Options
from framework.runs.parts import REFIT, fold_plans, on_fold, refit_plan
from framework.runs.records import OVER, RunRecord, kept_directory, read_meta, read_run
from framework.storage import sha256_of

CarryOut = Callable[[Plan, Dataset, Options], RunRecord]


def settle_search(plan: Plan, dataset: Dataset, *, carry_out: CarryOut, options: Options) -> Path:
    """Carry a search out that networks come from, or find it finished.

    Returns:
        The run directory of its best trial.

    Raises:
        FrameworkError: whatever carrying a recipe out raises.
    """
    options.announce(f"the search '{plan.recipe.name}' is needed first")
    with _own_threads():
        record = carry_out(plan, dataset, replace(options, is_new=False))
    directory = kept_directory(record.directory)
    options.announce(f"the search '{plan.recipe.name}' has its best trial in {directory}")
    return directory


def identities_needed(plan: Plan) -> dict[str, str]:
    """Network → identity of what it comes from, and which network it is there."""
    return {
        name: f"{_identity_of(upstream)}/{upstream.network}"
        for name, upstream in plan.upstreams.items()
    }


class UpstreamRuns:
    """The runs that trainings of one command need; each is carried out once.

    Args:
        carry_out: carries a plan out, or finds the finished run that it has.
        options: how.
        bundle: the data of the run that needs them.
        fingerprint: what identifies these data.
    """

    def __init__(
        self, carry_out: CarryOut, options: Options, bundle: DataBundle, fingerprint: str
    ) -> None:
        self._carry_out = carry_out
        self._options = replace(options, is_new=False)
        self._bundle = bundle
        self._fingerprint = fingerprint
        self._records: dict[tuple[int, int | None], RunRecord] = {}

    def inheritance_of(self, plan: Plan) -> Inheritance:
        """What the training of a plan takes over.

        The upstream of a fold is trained on that fold's own training images, unless a finished run
        is named.

        Raises:
            CheckpointError: a run that is named is not over, or has kept no weights.
            FrameworkError: whatever carrying a recipe out raises.
        """
        tensors: dict[str, Tensor] = {}
        needs: dict[str, Mapping[str, Any]] = {}
        notes: list[str] = []
        for name, upstream in plan.upstreams.items():
            record = self._record(upstream, plan)
            data = RunDirectory(record.directory).read_best()
            prefix = f"{upstream.network}."
            tensors |= {
                f"{name}.{key.removeprefix(prefix)}": value
                for key, value in safetensors.torch.load(data).items()
                if key.startswith(prefix)
            }
            seen = self._num_seen(plan, upstream, record)
            needs[name] = _described(upstream, record, data) | {"validation_images_seen": seen}
            notes += _notes_on(name, upstream, plan, seen)
        weights = safetensors.torch.save(tensors) if tensors else b""
        return Inheritance(weights, needs, "; ".join(notes))

    def _record(self, upstream: Upstream, plan: Plan) -> RunRecord:
        if upstream.run is not None:
            record = read_run(upstream.run)
            if record.status not in OVER or record.best is None:
                message = f"the run is {record.status} and has no weights to take over"
                hint = f"continue it with: framework run {upstream.run}"
                raise CheckpointError(Fault("C067", message, place=str(upstream.run), hint=hint))
            return record
        needed = self._plan_of(upstream, plan)
        key = (id(upstream.plan), needed.fold)
        if key not in self._records:
            self._options.announce(f"'{upstream.reference}' is needed first")
            with _own_threads():
                self._records[key] = self._carry_out(needed, upstream.dataset, self._options)
            where = self._records[key].directory
            self._options.announce(f"'{upstream.reference}' is taken from {where}")
        return self._records[key]

    def _plan_of(self, upstream: Upstream, plan: Plan) -> Plan:
        """What is carried out for the training of a plan; other data have other folds."""
        is_on_same_data = upstream.dataset.fingerprint() == self._fingerprint
        return on_fold(upstream.plan, plan) if is_on_same_data else upstream.plan

    def _num_seen(self, plan: Plan, upstream: Upstream, record: RunRecord) -> int | None:
        """How many images validate here that the upstream was trained on.

        None where its data are others, so that places tell nothing.
        """
        if read_meta(record.directory)["data_fingerprint"] != self._fingerprint:
            return None
        images = self._bundle.train
        needed = upstream.plan if upstream.run else self._plan_of(upstream, plan)
        trained = _trained_plan(needed, record)
        theirs = split_images(trained, len(images), images.labels).train
        ours = split_images(plan, len(images), images.labels).validation
        return len(set(ours.tolist()) & set(theirs.tolist()))


def _notes_on(name: str, upstream: Upstream, plan: Plan, seen: int | None) -> list[str]:
    """What validation metrics must be read with, if anything."""
    source = f"'{upstream.reference}', from which {name} comes, was trained on"
    dataset = plan.components.dataset.name
    if seen:
        return [
            f"{source} {seen:,} of the images that validate here, so validation metrics flatter"
        ]
    if seen is None and upstream.plan.components.dataset.name == dataset:
        return [f"{source} another part of '{dataset}', which may hold images that validate here"]
    return []


@contextmanager
def _own_threads() -> Iterator[None]:
    """Go on with as many threads as before, whatever another recipe sets."""
    num_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(num_threads)


def _trained_plan(plan: Plan, record: RunRecord) -> Plan:
    """The plan of the training whose weights a run has kept."""
    if record.kept == REFIT:
        return refit_plan(plan)
    return fold_plans(plan)[record.kept] if record.kept else plan


def _identity_of(upstream: Upstream) -> str:
    if upstream.run is not None:
        return str(read_meta(upstream.run)["identity"])
    with failures_explained(upstream.plan):
        fingerprint = upstream.dataset.fingerprint()
    return identity_of(upstream.plan, fingerprint, identities_needed(upstream.plan))


def _described(upstream: Upstream, record: RunRecord, data: bytes) -> dict[str, Any]:
    meta = read_meta(record.directory)
    return {
        "reference": upstream.reference,
        "network": upstream.network,
        "run": str(record.directory.resolve()),
        "identity": meta["identity"],
        "part": record.kept,
        "epoch": None if record.best is None else record.best.epoch,
        "sha256": sha256_of(data),
        "data_fingerprint": meta["data_fingerprint"],
    }
