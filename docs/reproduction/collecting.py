"""Keep of a finished run what the page needs: result, curves, and pictures made small."""

import csv
import io
import json
import os
import platform
import re
import shutil
import socket
from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import click
from PIL import Image

from framework.runs.records import OVER, RunRecord, read_meta, read_run
from framework.runs.results import FILE, FORMAT, result_of
from framework.storage import make_folder, write_durably, write_json
from reproduction.commands import normalised
from reproduction.results import CURVES, RESULT

_COLUMNS = re.compile(r"train/loss|validation/(loss|mse|accuracy)$|sparsity/")
_TIMED_EPOCH = re.compile(r" epoch +(\d+)/\d+ .* (\d+\.\d) s$", flags=re.MULTILINE)
_WIDEST_PIXELS = 1200
_NUM_COLOURS = 64


def collect(directory: Path, folder: Path, pictures: Mapping[str, Collection[str]]) -> Path:
    """Copy a run's result, its curves and some of its pictures; what was there is replaced.

    Args:
        directory: the run directory.
        folder: where `results/<name>` is made.
        pictures: by name of a run, the figures to take where it drew them.

    Raises:
        ClickException: the run is not over, or its command is nothing to be typed elsewhere.
        CheckpointError: it is no run directory, or a damaged one.
    """
    record = read_run(directory)
    if record.status not in OVER:
        message = f"the run is '{record.status}' - continue it with: framework run {directory}"
        raise click.ClickException(f"{directory} - {message}")
    result = _result_of(record)
    result["command"] = normalised(result["command"])
    target = folder / "results" / record.name
    shutil.rmtree(target, ignore_errors=True)
    make_folder(target)
    write_json(target / RESULT, result)
    write_durably(target / CURVES, _curves_text(record).encode())
    for drawn in _pictures_of(record):
        if drawn.stem in pictures.get(record.name, ()):
            write_durably(target / drawn.name, shrunk(drawn.read_bytes()))
    return target


def shrunk(picture: bytes) -> bytes:
    """A picture with few colours and no more pixels than a page shows, as PNG."""
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB")
    small.thumbnail((_WIDEST_PIXELS, 2 * _WIDEST_PIXELS))
    buffer = io.BytesIO()
    few = small.quantize(_NUM_COLOURS, dither=Image.Dither.NONE)
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _result_of(record: RunRecord) -> dict[str, Any]:
    """The result that the run wrote, or that it would write today."""
    path = record.directory / FILE
    if path.is_file():
        result = dict(json.loads(path.read_bytes()))
        if result["format"] == FORMAT:
            return result
    result = result_of(record)
    result["surroundings"] |= _machine_of(read_meta(record.directory), result["surroundings"])
    return result


def _machine_of(meta: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What an older run did not record of its machine, where this is the same one."""
    if (meta.get("host"), meta.get("platform")) != (socket.gethostname(), platform.platform()):
        return {}
    here = {"num_cores": os.cpu_count(), "machine": platform.machine()}
    return {name: value for name, value in here.items() if known[name] is None}


def _pictures_of(record: RunRecord) -> tuple[Path, ...]:
    """The run's pictures; of several seeds, which are drawn one by one, those of the first."""
    return record.pictures or (record.parts[0].pictures if record.parts else ())


def _curves_text(record: RunRecord) -> str:
    parts = {part.directory.name: part.directory for part in record.parts} or {"": record.directory}
    rows = [row for name, path in parts.items() for row in _rows_of(name, path)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _rows_of(part: str, directory: Path) -> Iterator[dict[str, str]]:
    log = directory / "metrics.jsonl"
    seconds = _seconds_of_epochs(directory / "log.txt")
    for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
        row = json.loads(line)
        epoch = {"part": part, "epoch": str(row["epoch"])}
        values = {k: v for k, v in row.items() if _COLUMNS.match(k)} | seconds.get(row["epoch"], {})
        yield epoch | {k: _short(v) for k, v in values.items()}


def _seconds_of_epochs(log: Path) -> dict[int, dict[str, float]]:
    """The time of each epoch; rows of metrics hold none."""
    text = log.read_text(encoding="utf-8") if log.is_file() else ""
    return {int(epoch): {"seconds": float(took)} for epoch, took in _TIMED_EPOCH.findall(text)}


def _short(value: float | None) -> str:
    return "" if value is None or not isfinite(value) else f"{value:.6g}"
