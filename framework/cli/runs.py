"""`framework runs`: what has been trained."""

from pathlib import Path

import click

from framework.cli.messages import (
    number_text,
    say,
    say_json,
    say_table,
)
from framework.cli.options import debug_option, json_option, runs_directory_option
from framework.cli.results import next_step, say_result
from framework.cli.run_names import find_run, name_of
from framework.runs.records import RunRecord, is_run, list_runs


@click.group(short_help="List runs, or show one.")
def runs() -> None:
    """Look at what has been trained."""


@runs.command("list", short_help="List all runs, oldest first.")
@runs_directory_option
@json_option
@debug_option
def list_all(*, runs_directory: Path, as_json: bool) -> None:
    """List all runs, oldest first, with their best value."""
    records = list_runs(runs_directory)
    if as_json:
        say_json({"runs": [record.as_json() for record in records]})
    elif records:
        say_table(["run", "status", "epochs", "best"], [_row(record) for record in records])
    else:
        say(f"no runs in {runs_directory}; start one with: framework run RECIPE")


@runs.command(short_help="Show a run.")
@click.argument("run")
@runs_directory_option
@json_option
@debug_option
def show(*, run: str, runs_directory: Path, as_json: bool) -> None:
    """Show RUN: its directory, or the beginning of its name, of its time or of its hash."""
    record = find_run(run, runs_directory)
    inner = _inner_runs(record)
    found = (path for path in record.directory.rglob("*") if path.is_file())
    files = sorted(path for path in found if not set(inner) & set(path.parents))
    names = [str(path.relative_to(record.directory)) for path in files]
    if as_json:
        say_json(record.as_json() | {"files": names})
        return
    sizes = [f"{path.stat().st_size / 1000:,.1f} kB" for path in files]
    say_result(
        record,
        seed=str(record.seed),
        started=f"{record.started}, {record.seconds:.0f} s of training",
        parts=[str(path) for path in inner],
        files=[f"{name} ({size})" for name, size in zip(names, sizes, strict=True)],
        next=next_step(record),
    )


def _inner_runs(record: RunRecord) -> list[Path]:
    """Directories of its seeds or folds, and of what else has been trained within it."""
    parts = [part.directory for part in record.parts]
    others = (path for path in sorted(record.directory.iterdir()) if is_run(path))
    return [*parts, *(path for path in others if path not in parts)]


def _row(record: RunRecord) -> list[str]:
    best = record.best
    value = "" if best is None or best.value is None else f"{best.metric} {number_text(best.value)}"
    epochs = f"{record.epoch}/{record.num_epochs}"
    return [name_of(record), record.status, epochs, value]
