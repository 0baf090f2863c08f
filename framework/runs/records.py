"""What a run directory says about its run, read without torch."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from framework.errors import CheckpointError, Fault
from framework.runs.epoch_rows import Row, read_rows
from framework.runs.tracker_records import read_tracker_records

FORMAT = 1
"""Version of the layout of run directories."""

_PART = re.compile(r"(seed|fold)-\d+")
"""Names of the directories of a run's parts."""

_TRIAL = re.compile(r"trial-\d+")

REPORT = "report.html"
"""The page that shows a run; derived from its other files."""

OVER = ("finished", "early_stopped", "pruned")
"""Statuses after which there is nothing left to do."""


@dataclass(frozen=True)
class CheckpointEntry:
    """A checkpoint file, the digest that its bytes must have, and where in the fit it stands."""

    file: str
    sha256: str
    epoch: int
    iteration: int


@dataclass(frozen=True)
class BestEntry:
    """The weights kept: their digest, and the value of the monitored metric after `epoch`.

    Metric and value are missing where nothing was monitored and the last weights are kept.
    """

    sha256: str
    epoch: int
    metric: str | None = None
    mode: str | None = None
    value: float | None = None


@dataclass(frozen=True)
class RunState:
    """The contents of `state.json`, the only part of a run directory that is ever replaced."""

    status: str = "running"
    reason: str = ""
    attempt: int = 0
    seconds: float = 0.0
    checkpoint: CheckpointEntry | None = None
    previous: CheckpointEntry | None = None
    best: BestEntry | None = None
    test: Mapping[str, float] = field(default_factory=dict)
    kept: str = ""
    note: str = ""
    num_trials: int = 0
    format: int = FORMAT

    def as_json(self) -> dict[str, Any]:
        """The state as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RunState":
        """The state from plain values."""
        kinds = {"checkpoint": CheckpointEntry, "previous": CheckpointEntry, "best": BestEntry}
        entries = {name: values[name] and kind(**values[name]) for name, kind in kinds.items()}
        return cls(**dict(values) | entries)


@dataclass(frozen=True)
class Spread:
    """Mean of several values, and their standard deviation as a sample's (0 for a single one)."""

    mean: float
    sd: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(fmean(values), stdev(values) if len(values) > 1 else 0.0)


@dataclass(frozen=True)
class RunRecord:
    """A run at a glance.

    Attributes:
        directory: its folder.
        name: the recipe's name.
        status: running, interrupted, finished, early_stopped, pruned, diverged or failed.
        reason: why it ended as it did; may be empty.
        epoch: epochs completed and saved.
        num_epochs: epochs asked for.
        seed: its seed.
        started: when it was created, in UTC, as ISO 8601.
        seconds: time spent training, over all attempts.
        best: the weights kept, None before the first evaluation.
        test: metrics on the test split; empty before the run is over.
        values: everything measured of the weights kept, such as `validation/mse` and `test/mse`;
            of a run with parts also the means over its parts.
        kept: which part's weights are kept, such as `fold-3`; empty for a run without parts.
        note: how the metrics of a run with parts are to be read.
        parts: its seeds or its folds.
        figure_values: figure → the numbers that belong to it.
        pictures: its figures.
        trackers: tracker → where it shows the run, or why it does not.
        was_already_over: nothing was left to do when it was asked for.
    """

    directory: Path
    name: str
    status: str
    reason: str
    epoch: int
    num_epochs: int
    seed: int
    started: str
    seconds: float
    best: BestEntry | None
    test: Mapping[str, float]
    pictures: tuple[Path, ...]
    values: Mapping[str, float] = field(default_factory=dict)
    figure_values: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    kept: str = ""
    note: str = ""
    parts: tuple["RunRecord", ...] = ()
    trackers: Mapping[str, str] = field(default_factory=dict)
    was_already_over: bool = False

    @property
    def report(self) -> Path | None:
        """The page that shows it, once that is written."""
        path = self.directory / REPORT
        return path if path.is_file() else None

    @property
    def spreads(self) -> dict[str, Spread]:
        """Mean and standard deviation over the parts of everything that all of them measured."""
        return _spreads_over(self.parts)

    def as_json(self) -> dict[str, Any]:
        """The record as plain values."""
        more: dict[str, Any] = {
            "directory": str(self.directory),
            "pictures": [str(path) for path in self.pictures],
            "report": None if self.report is None else str(self.report),
            "parts": [part.as_json() for part in self.parts],
        }
        if self.parts:
            more["spreads"] = {name: asdict(spread) for name, spread in self.spreads.items()}
        return asdict(self) | more

    def shown_again(self) -> "RunRecord":
        """The record of a run that was asked for though nothing was left to do."""
        return replace(self, was_already_over=True)


def _spreads_over(parts: Sequence[RunRecord]) -> dict[str, Spread]:
    names = [n for n in (parts[0].values if parts else ()) if all(n in p.values for p in parts)]
    return {name: Spread.of([part.values[name] for part in parts]) for name in names}


def read_state(directory: Path) -> RunState:
    """Read `state.json`.

    Raises:
        CheckpointError: it is missing, unreadable, or of a newer format.
    """
    path = directory / "state.json"
    try:
        values = json.loads(path.read_bytes())
        found = values["format"]
        if found > FORMAT:
            message = f"written in format {found}, this framework reads formats up to {FORMAT}"
            hint = "update ignite-framework"
            raise CheckpointError(Fault("C063", message, place=str(path), hint=hint))
        return RunState.from_json(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"not the state of a run ({type(error).__name__}: {error})"
        raise CheckpointError(Fault("C058", message, place=str(path))) from error


def read_meta(directory: Path) -> dict[str, Any]:
    """Read `meta.json`, which a run writes once.

    Raises:
        CheckpointError: it is missing or unreadable.
    """
    path = directory / "meta.json"
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        message = f"not the record of a run ({type(error).__name__}: {error})"
        raise CheckpointError(Fault("C058", message, place=str(path))) from error


def is_run(path: Path) -> bool:
    """Tell whether a path is a run directory."""
    try:
        return (path / "state.json").is_file() and (path / "meta.json").is_file()
    except OSError:  # no name that a file could have, or nobody may look there
        return False


def read_run(directory: Path) -> RunRecord:
    """Read what a run directory says about its run.

    Raises:
        CheckpointError: it is no run directory, or a damaged one.
    """
    state, meta = read_state(directory), read_meta(directory)
    parts = tuple(read_run(path) for path in parts_of(directory))
    inner = kept_directory(directory)
    kept = None if inner == directory else read_run(inner)
    means = {name: spread.mean for name, spread in _spreads_over(parts).items()}
    return RunRecord(
        directory=directory,
        name=meta["name"],
        status=state.status,
        reason=state.reason,
        epoch=_epoch_of(state, parts if kept is None else [kept]),
        num_epochs=meta["num_epochs"],
        seed=meta["seed"],
        started=meta["started"],
        seconds=state.seconds,
        best=state.best,
        test=state.test,
        values=means | _values_kept(directory, state) if kept is None else kept.values,
        figure_values=_figure_values(inner),
        kept=state.kept,
        note=state.note,
        parts=parts,
        pictures=tuple(sorted((inner / "figures").glob("*.png"))),
        trackers={name: each.line for name, each in read_tracker_records(directory).items()},
    )


def kept_directory(directory: Path) -> Path:
    """The run directory whose recipe the kept weights follow: of a search its best trial's."""
    name = read_state(directory).kept
    return directory / name if _TRIAL.fullmatch(name) else directory


def _epoch_of(state: RunState, parts: Sequence[RunRecord]) -> int:
    """Epochs completed; of a run with parts, by the one that is farthest."""
    own = 0 if state.checkpoint is None else state.checkpoint.epoch
    return max([own, *(part.epoch for part in parts)])


def _figure_values(directory: Path) -> dict[str, dict[str, float | None]]:
    found = {}
    for file in sorted((directory / "figures").glob("*.json")):
        with suppress(ValueError, TypeError, OSError):  # it is derived, and may be damaged
            found[file.stem] = dict(json.loads(file.read_bytes()))
    return found


def parts_of(directory: Path) -> list[Path]:
    """Directories of the seeds or the folds of a run, in the order of their numbers."""
    found = [p for p in directory.glob("*-*") if _PART.fullmatch(p.name) and is_run(p)]
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


def _values_kept(directory: Path, state: RunState) -> dict[str, float]:
    """What was measured of the weights kept: the row of their epoch, and the test metrics."""
    values: Row = {}
    if state.best is not None:
        for row in read_rows(directory):
            if row["epoch"] == state.best.epoch:
                values = {k: v for k, v in row.items() if k.startswith("validation/")}
    finite = {name: value for name, value in values.items() if value is not None}
    return finite | {f"test/{name}": value for name, value in state.test.items()}


def list_runs(runs_directory: Path) -> list[RunRecord]:
    """All runs below a folder, oldest first; damaged ones are left out."""
    records = []
    for path in sorted(runs_directory.glob("*/[!.]*/state.json")):  # no drafts
        try:
            records.append(read_run(path.parent))
        except CheckpointError:
            continue
    return sorted(records, key=lambda record: record.started)
