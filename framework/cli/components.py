"""`framework components`: what a recipe can name."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from framework.cli.messages import say, say_json, say_table
from framework.cli.options import debug_option, json_option, plugin_option
from framework.hookspecs import KINDS

kind_option = click.option(
    "--kind", type=click.Choice(list(KINDS)), help="Only components of this kind."
)


@click.group(short_help="List components, or describe one.")
def components() -> None:
    """Look at what a recipe can name."""


@components.command("list", short_help="List all components.")
@kind_option
@plugin_option
@json_option
@debug_option
def list_all(*, kind: str | None, plugins: Sequence[Path], as_json: bool) -> None:
    """List all components of all plugins."""
    from framework.cli.catalog import summarise

    summaries = [asdict(summary) for summary in summarise(kind, plugins)]
    if as_json:
        say_json({"components": summaries})
    else:
        headers = ["kind", "name", "plugin", "description"]
        say_table(headers, [[row[header] for header in headers] for row in summaries])


@components.command(short_help="Describe a component and its parameters.")
@click.argument("name")
@kind_option
@plugin_option
@json_option
@debug_option
def describe(*, name: str, kind: str | None, plugins: Sequence[Path], as_json: bool) -> None:
    """Describe every component called NAME, or OWNER:NAME, with what a recipe may set on it."""
    from framework.cli.catalog import look_up

    found = look_up(name, kind, plugins)
    if as_json:
        say_json({"components": [asdict(description) for description in found]})
        return
    for place, description in enumerate(found):
        summary, takes = description.summary, ", ".join(description.takes)
        say("\n" * bool(place) + f"{summary.kind} {summary.plugin}:{summary.name}")
        say(f"{summary.description}\n\ntakes: {takes or 'nothing'}\n")
        if description.parameters:
            rows = [
                [row.name, row.expected, row.default or "(required)", row.description]
                for row in description.parameters
            ]
            say_table(["parameter", "expected", "default", "meaning"], rows)
