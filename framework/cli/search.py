"""`framework search`: what a search has found."""

from pathlib import Path
from typing import Any

import click

from framework.cli.messages import UsageError, say, say_json
from framework.cli.options import debug_option, json_option, runs_directory_option
from framework.errors import Fault


@click.group(short_help="Show the trials of a search, or take its best recipe.")
def search() -> None:
    """Look at what a search has found, while it goes on or later."""


@search.command(short_help="Print the recipe of the best trial.")
@click.argument("run")
@click.option("--trial", type=int, metavar="N", help="Another trial than the best.")
@runs_directory_option
@json_option
@debug_option
def best(*, run: str, trial: int | None, runs_directory: Path, as_json: bool) -> None:
    """Print the recipe of the best trial of RUN, which can be run as it is.

    RUN is a run directory, or the beginning of its name. Of several objectives the best trial is
    the one whose weights are kept; --trial takes another one.
    """
    findings = _findings(run, runs_directory)
    from framework.reports.search_recipes import chosen_trial, recipe_of

    found = chosen_trial(findings, trial)
    text = recipe_of(findings, found)
    if as_json:
        values = dict(zip((each.name for each in findings.sought), found.values, strict=False))
        say_json({"trial": found.number, "values": values, "recipe": text})
    else:
        say(text.rstrip("\n"))


@search.command(short_help="Show the trials of a search.")
@click.argument("run")
@runs_directory_option
@json_option
@debug_option
def trials(*, run: str, runs_directory: Path, as_json: bool) -> None:
    """Show how the trials of RUN have ended, or how far they are.

    RUN is a run directory, or the beginning of its name.
    """
    findings = _findings(run, runs_directory)
    from framework.cli.search_table import trial_json, trial_line

    if as_json:
        say_json({"trials": [trial_json(each) for each in findings.trials]})
        return
    for each in findings.trials:
        say(trial_line(each, findings))


def _findings(run: str, runs_directory: Path) -> Any:
    from framework.cli.run_names import find_run
    from framework.reports.recipe_values import read_resolved

    directory = find_run(run, runs_directory).directory
    if read_resolved(directory).get("search") is None:
        hint = "framework runs list names all runs"
        raise UsageError(Fault("U008", "is no search", place=str(directory), hint=hint))
    from framework.runs.search.findings import read_findings

    return read_findings(directory)
