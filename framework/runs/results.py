"""A small file that says what a finished run was and what came of it, to be kept and compared."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from framework.runs.records import RunRecord, read_meta, read_run
from framework.storage import write_json

FORMAT = 1
"""Version of the layout of result files."""

FILE = "result.json"


def write_result(
    directory: Path, *, status: str, values: Mapping[str, float] | None = None
) -> None:
    """Write `result.json`, before the run's state says that it is over.

    Args:
        directory: the run, whose other files are complete.
        status: what the state is going to say.
        values: what was measured of it as a whole, beside what was of the weights kept.
    """
    record = read_run(directory)
    record = replace(record, status=status, values={**record.values, **(values or {})})
    write_json(directory / FILE, result_of(record))


def result_of(record: RunRecord) -> dict[str, Any]:
    """What is worth keeping of a run, without what only this machine or a resume needs."""
    meta = read_meta(record.directory)
    surroundings = ("num_threads", "num_cores", "machine", "device", "versions", "git")
    return {
        "format": FORMAT,
        "name": record.name,
        "command": command_of(meta),
        "seed": record.seed,
        "status": record.status,
        "started": record.started,
        "seconds": record.seconds,
        "epochs": record.epoch,
        "num_epochs": record.num_epochs,
        "num_parameters": meta.get("num_parameters"),
        "kept": record.kept,
        "kept_epoch": None if record.best is None else record.best.epoch,
        "note": record.note,
        "values": dict(record.values),
        "spreads": {name: asdict(spread) for name, spread in record.spreads.items()},
        "parts": {part.directory.name: dict(part.values) for part in record.parts},
        "figures": {name: dict(values) for name, values in record.figure_values.items()},
        "surroundings": {name: meta.get(name) for name in surroundings},
    }


def command_of(meta: dict[str, Any]) -> str:
    """The command that began the run, as it would be typed."""
    _, *words = meta.get("command") or [""]
    return shlex.join(["framework", *words])
