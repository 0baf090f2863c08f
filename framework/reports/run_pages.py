"""The report of a run: what was run, what came of it, and how to go on."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from framework.reports.curves import Curves, curves_of
from framework.reports.histories import counted, kind_of_parts, trained_runs
from framework.reports.metric_rows import (
    Headline,
    MetricRow,
    headline_of,
    metric_rows,
    reference_names,
)
from framework.reports.pictures import EmbeddedFigure, figures_of
from framework.reports.quantities import duration_text, number_text, spread_text
from framework.reports.recipe_values import (
    component_names,
    opening_words,
    read_recipe_text,
    read_resolved,
)
from framework.reports.rendering import render
from framework.runs.records import OVER, REPORT, RunRecord, read_meta, read_run, read_state
from framework.runs.results import command_of
from framework.runs.tracker_records import troubles_in
from framework.storage import write_durably

_WARNING = "warning: "


@dataclass(frozen=True)
class RunPage:
    """Everything that the report of a run shows."""

    record: RunRecord

    @cached_property
    def meta(self) -> Mapping[str, Any]:
        """What the run recorded of its beginning."""
        return read_meta(self.record.directory)

    @cached_property
    def recipe(self) -> Mapping[str, Any]:
        """The resolved recipe."""
        return read_resolved(self.record.directory)

    @property
    def description(self) -> str:
        """What the recipe says of itself."""
        return opening_words(self.given_text)

    @property
    def networks(self) -> list[tuple[str, str]]:
        """Each network with what it is."""
        networks = self.recipe.get("networks") or {}
        return [(name, component_names(each)) for name, each in networks.items() if each]

    def component(self, place: str) -> str:
        """What the recipe names in a place; empty where it names nothing."""
        return component_names(self.recipe.get(place))

    @property
    def status(self) -> str:
        """How the run stands."""
        record = self.record
        if record.parts:
            trained = trained_runs(record)
            over = sum(run.status in OVER for run in trained)
            return f"{counted(record)}, {over} of {len(trained)} over"
        return f"after {record.epoch} of {record.num_epochs} epochs"

    @cached_property
    def headline(self) -> Headline | None:
        """What was monitored, beside its yardstick."""
        return headline_of(self.record)

    @cached_property
    def rows(self) -> list[MetricRow]:
        """Everything that was measured."""
        return metric_rows(self.record)

    @property
    def references(self) -> list[str]:
        """What the task is compared with."""
        return reference_names(self.rows)

    @cached_property
    def curves(self) -> Curves:
        """The curves."""
        return curves_of(self.record)

    @cached_property
    def figures(self) -> Mapping[str, Sequence[EmbeddedFigure]]:
        """The figures by name."""
        return figures_of(self.record)

    @property
    def kind_of_parts(self) -> str:
        """What the run consists of: `fold` or `seed`."""
        return kind_of_parts(self.record)

    @property
    def parts(self) -> tuple[list[str], list[list[str]], list[str]]:
        """Headers, rows, and the row of means of the table of parts."""
        spreads = self.record.spreads
        rows = [
            [
                part.directory.name,
                part.status.replace("_", " "),
                f"{part.epoch}/{part.num_epochs}",
                "" if part.best is None else str(part.best.epoch),
                *(number_text(part.values[name]) for name in spreads),
            ]
            for part in self.record.parts
        ]
        means = ["mean ± sd", "", "", "", *map(spread_text, spreads.values())]
        headers = [self.kind_of_parts, "status", "epochs", "kept epoch", *spreads]
        return headers, rows, means if spreads else []

    @property
    def layers(self) -> Sequence[Mapping[str, Any]]:
        """The layers of all networks; none for runs that did not record them."""
        return self.meta.get("layers", ())

    @cached_property
    def given_text(self) -> str:
        """The recipe as it was given."""
        return read_recipe_text(self.record.directory, "recipe.yaml")

    @property
    def resolved_text(self) -> str:
        """The recipe with every default."""
        return read_recipe_text(self.record.directory, "resolved.yaml")

    @property
    def kept(self) -> str:
        """Which weights are kept."""
        record, best = self.record, self.record.best
        epoch = "" if best is None else f"epoch {best.epoch}"
        last = ", the last" if best is not None and best.value is None else ""
        return ", ".join(filter(None, (record.kept, epoch))) + last

    @property
    def timing(self) -> dict[str, str]:
        """When, how long, how fast."""
        record = self.record
        epochs = sum(run.epoch for run in trained_runs(record))
        return {
            "begun": record.started.replace("T", " ").replace("+00:00", " UTC"),
            "training": duration_text(record.seconds) if record.seconds else "",
            "an epoch": duration_text(record.seconds / epochs) if epochs and record.seconds else "",
        }

    @property
    def attempts(self) -> str:
        """How often the run was taken up."""
        return str(read_state(self.record.directory).attempt)

    @property
    def environment(self) -> dict[str, str]:
        """On what the run was carried out."""
        meta = self.meta
        threads, cores = meta.get("num_threads"), meta.get("num_cores")
        plugins = meta.get("plugins", {})
        return {
            "device": str(meta.get("device", "")),
            "threads": f"{threads}{f' of {cores} cores' if cores else ''}" if threads else "",
            "platform": str(meta.get("platform", "")),
            **{name: str(version) for name, version in meta.get("versions", {}).items()},
            **{f"plugin {o}": f"{p['version']} · {p['sha256'][:12]}" for o, p in plugins.items()},
            "commit": str(meta.get("git") or ""),
            "data": str(meta.get("data_fingerprint", ""))[:12],
            "identity": str(meta.get("identity", ""))[:12],
            "command": command_of(dict(meta)) if "command" in meta else "",
        }

    @property
    def needs(self) -> dict[str, str]:
        """Where networks of other runs come from."""
        return {
            name: f"{need['network']} of {need['reference']}, run {need['run']}"
            for name, need in self.meta.get("needs", {}).items()
        }

    @property
    def notes(self) -> list[str]:
        """What a reader of the result should know."""
        warnings = [line for run in trained_runs(self.record) for line in _warnings(run.directory)]
        warnings += [
            line
            for run in (self.record, *trained_runs(self.record))
            for line in troubles_in(run.directory)
        ]
        return list(dict.fromkeys(filter(None, (self.record.reason, self.record.note, *warnings))))

    @property
    def commands(self) -> dict[str, str]:
        """How to go on, as it would be typed."""
        place = shlex.quote(str(self.record.directory))
        if self.record.status not in OVER:
            first = {"Continue it": f"framework run {place}"}
        else:
            first = {"Train it again": f"framework run {place} --new"}
        if self.record.best is None:
            return first
        return first | {
            "Apply it to images": f"framework apply {place} OPERATION IMAGES -o OUT",
            "Give it away": f"framework export {place} -o FOLDER",
            "Compare it": f"framework report {place} OTHER_RUN -o comparison.html",
            "Use it in Python": f"framework.load_run({str(self.record.directory)!r})",
        }


def write_report(directory: Path, output: Path | None = None) -> Path:
    """Write the report of a run, and those of its parts; answer where it is.

    Args:
        directory: the run directory.
        output: the page of the run alone; by default `report.html` in the directory, and one in
            that of each part.

    Raises:
        CheckpointError: it is no run directory, or a damaged one.
        StorageError: the disk does not take it.
    """
    record = read_run(directory)
    if output is None:
        return _write_all(record)
    return write_page(record, output)


def _write_all(record: RunRecord) -> Path:
    for part in record.parts:
        _write_all(part)
    return write_page(record, record.directory / REPORT)


def write_page(record: RunRecord, path: Path) -> Path:
    """Write the report of a run alone; answer where it is.

    Raises:
        StorageError: the disk does not take it.
    """
    text = render("run.html", page=RunPage(record))
    write_durably(path, text.encode(errors="backslashreplace"))
    return path


def _warnings(directory: Path) -> list[str]:
    path = directory / "log.txt"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    found = [line.partition(" ")[2] for line in text.splitlines()]
    return [line.removeprefix(_WARNING) for line in found if line.startswith(_WARNING)]
