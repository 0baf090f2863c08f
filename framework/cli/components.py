"""`framework components`: what a recipe can name."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from framework.cli.messages import UsageError, say, say_json, say_table, warn
from framework.cli.options import debug_option, json_option, plugin_option
from framework.errors import Fault, PluginError, nearest_hint
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
    rows = [_summary(component) for component in _discovered(plugins).components(kind)]
    if as_json:
        say_json({"components": rows})
    else:
        headers = ["kind", "name", "plugin", "description"]
        say_table(headers, [[row[header] for header in headers] for row in rows])


@components.command(short_help="Describe a component and its parameters.")
@click.argument("name")
@kind_option
@plugin_option
@json_option
@debug_option
def describe(*, name: str, kind: str | None, plugins: Sequence[Path], as_json: bool) -> None:
    """Describe every component called NAME, or OWNER:NAME, with what a recipe may set on it."""
    known = _discovered(plugins).components(kind)
    found = [component for component in known if name in {component.name, component.reference}]
    if not found:
        what = kind or "component"
        hint = nearest_hint(name, {component.name for component in known})
        hint = hint or "framework components list names them"
        raise UsageError(Fault("U004", f"no {what} named '{name}'", hint=hint))
    ...
