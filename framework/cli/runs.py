"""`framework runs`: what has been trained."""

from collections.abc import Sequence
from pathlib import Path

import click

from framework.cli.messages import (
    UsageError,
    number_text,
    say,
    say_json,
    say_table,
)
from framework.cli.options import (
    debug_option,
    json_option,
    plugin_option,
    runs_directory_option,
)
from framework.cli.results import next_step, say_result
from framework.cli.run_names import find_run, name_of
from framework.errors import Fault
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


@runs.command(short_help="Send what trackers have only stored.")
@click.argument("run")
@plugin_option
@runs_directory_option
@json_option
@debug_option
def sync(*, run: str, plugins: tuple[Path, ...], runs_directory: Path, as_json: bool) -> None:
    """Send what the trackers of RUN, its parts included, have only stored, such as offline."""
    directory = find_run(run, runs_directory).directory
    from framework.application import sync as send

    sent: list[str] = []
    num_runs = send(directory, plugins=plugins, announce=sent.append if as_json else say)
    if as_json:
        say_json({"num_runs": num_runs, "sent": sent})
    elif not num_runs:
        say("nothing is left to be sent")


@runs.command(short_help="Compare runs: their recipes, and what they measured.")
@click.argument("names", nargs=-1, required=True, metavar="RUN RUN...")
@runs_directory_option
@json_option
@debug_option
def compare(*, names: Sequence[str], runs_directory: Path, as_json: bool) -> None:
    """Show where the recipes of RUNs differ, and what they measured.

    Of two runs, the second is told relative to the first. The best value is marked where its
    direction is declared and the data are the same. `framework report` draws a page of it.
    """
    from framework.cli.comparison import comparison_document, say_comparison
    from framework.reports.comparison_pages import compare_runs

    if len(names) == 1:
        hint = "name two runs or more"
        raise UsageError(Fault("U001", f"there is only '{names[0]}' to compare", hint=hint))
    page = compare_runs([find_run(name, runs_directory).directory for name in names])
    if as_json:
        say_json(comparison_document(page))
    else:
        say_comparison(page)


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
