"""What trackers are told of a run beside its numbers, read from its directory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from framework.recipe.plans import Plan
from framework.runs.epoch_rows import read_rows
from framework.runs.records import (
    OVER,
    REPORT,
    RunRecord,
    is_run,
    read_meta,
    read_run,
    read_state,
)
from framework.trackers import TrackedArtifact, TrackedRun, Value

_FACTS = ("identity", "data_fingerprint", "seed", "num_parameters", "versions", "git", "device")


def described(plan: Plan, path: Path, iteration: int, *, gathers: bool = False) -> TrackedRun:
    """What a run's trackers are told as they begin.

    Args:
        plan: what is carried out.
        path: its run directory.
        iteration: iterations carried out before.
        gathers: whether it only gathers its parts.
    """
    path = path.resolve()
    meta, whole = read_meta(path), _whole_of(path)
    facts = {name: meta.get(name) for name in _FACTS} | {"needs": meta.get("needs", {})}
    return TrackedRun(
        recipe=plan.recipe.name,
        name=path.relative_to(whole.parent).as_posix(),
        directory=path,
        group=whole.name if path != whole or gathers else "",
        kind=_kind_of(plan, path, is_part=path != whole, gathers=gathers),
        config=plan.resolved,
        facts=facts,
        attempt=max(1, read_state(path).attempt),
        iteration=iteration,
    )


def used_by(plan: Plan, path: Path) -> Iterator[TrackedArtifact]:
    """What a run makes use of: its data, and the models of the runs that it needs."""
    meta = read_meta(path)
    fingerprint = meta["data_fingerprint"]
    yield TrackedArtifact(
        name=f"{plan.components.dataset.name}-{fingerprint[:8]}",
        kind="dataset",
        facts={"fingerprint": fingerprint, **meta["data"]},
        is_input=True,
    )
    for need in meta.get("needs", {}).values():
        upstream = Path(need["run"])
        if is_run(upstream):
            name = f"{read_meta(upstream)['name']}-{need['identity'][:8]}"
            facts = {"identity": need["identity"], "sha256": need["sha256"]}
            yield TrackedArtifact(name=name, kind="model", facts=facts, is_input=True)


def outputs_of(path: Path) -> Iterator[TrackedArtifact]:
    """What a run that is over leaves: its model, its recipe, its report."""
    meta, record = read_meta(path), read_run(path)
    if record.status not in OVER:
        return
    identity = meta["identity"][:8]
    name = f"{meta['name']}-{identity}"
    facts = {"data_fingerprint": meta["data_fingerprint"], "needs": meta.get("needs", {})}
    facts |= {"identity": meta["identity"], **record.values}
    aliases = ("best", "latest")
    yield from _artifact(path, name, "model", ("best.safetensors",), facts=facts, aliases=aliases)
    yield from _artifact(path, f"{name}-recipe", "recipe", ("recipe.yaml", "resolved.yaml"))
    yield from _artifact(path, f"{name}-report", "report", (REPORT,))


def summary_of(path: Path) -> dict[str, Value]:
    """What came of a run: the row of the epoch kept, test metrics, spreads over its parts."""
    record = read_run(path)
    summary: dict[str, Value] = {"status": record.status, "seconds": record.seconds}
    if record.best is not None:
        row = next((r for r in read_rows(path) if r.get("epoch") == record.best.epoch), {})
        kept = {"epoch": record.best.epoch} | {k: v for k, v in row.items() if k != "iteration"}
        summary |= {f"best/{name}": value for name, value in kept.items()}
    summary |= {f"test/{name}": value for name, value in record.test.items()}
    for name, spread in record.spreads.items():
        summary |= {f"mean/{name}": spread.mean, f"sd/{name}": spread.sd}
    return summary | ({"kept": record.kept} if record.kept else {})


def parts_of_run(path: Path) -> tuple[list[str], list[list[Value]]]:
    """Columns and rows of the folds, seeds or trials of a run; no rows where it has none."""
    trials = (each for each in sorted(path.glob("trial-*")) if is_run(each))
    parts = read_run(path).parts or tuple(map(read_run, trials))
    names = list(dict.fromkeys(name for part in parts for name in part.values))
    rows = [_row_of_part(part, names) for part in parts]
    return ["part", "status", "epochs", "kept epoch", *names], rows


def pictures_of(path: Path) -> dict[str, UInt8[np.ndarray, "_ _ 3"]]:
    """The figures of a run; a file that is no picture is left out."""
    pictures = {}
    for each in read_run(path).pictures:
        with suppress(OSError):
            pictures[f"figures/{each.stem}"] = _pixels(each)
    return pictures


def place_of(path: Path) -> tuple[int, int]:
    """Iteration and epoch that a run has reached, by the last row of its log."""
    rows = read_rows(path)
    return (rows[-1]["iteration"], rows[-1]["epoch"]) if rows else (0, 0)


def _whole_of(path: Path) -> Path:
    """The directory of the whole run that a run directory is in."""
    path = path.resolve()
    while is_run(path.parent):
        path = path.parent
    return path


def _kind_of(plan: Plan, path: Path, *, is_part: bool, gathers: bool) -> str:
    if is_part:
        return path.name.partition("-")[0]
    if not gathers:
        return "training"
    if plan.recipe.search is not None:
        return "search"
    return "seeds" if plan.recipe.seeds else "cross-validation"


def _artifact(
    path: Path,
    name: str,
    kind: str,
    files: Sequence[str],
    *,
    facts: Mapping[str, Any] | None = None,
    aliases: Sequence[str] = ("latest",),
) -> Iterator[TrackedArtifact]:
    found = tuple(path / file for file in files if (path / file).is_file())
    if found:
        yield TrackedArtifact(name=name, kind=kind, files=found, aliases=aliases, facts=facts or {})


def _row_of_part(part: RunRecord, names: Sequence[str]) -> list[Value]:
    kept = None if part.best is None else part.best.epoch
    return [
        part.directory.name,
        part.status,
        part.epoch,
        kept,
        *(part.values.get(n) for n in names),
    ]


def _pixels(path: Path) -> UInt8[np.ndarray, "_ _ 3"]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
