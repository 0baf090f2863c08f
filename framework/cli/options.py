"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_NO_PLUGINS = "FRAMEWORK_NO_PLUGINS"  # read where plugins are looked for, in child processes too


def plugin_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which plugins a command loads beside those of the framework."""
    return _file_option(_no_plugins_option(command))


def _leave_plugins_out(context: click.Context, _option: click.Parameter, value: object) -> None:
    if value:
        before = os.environ.get(_NO_PLUGINS, "")
        os.environ[_NO_PLUGINS] = "1"
        context.call_on_close(lambda: os.environ.update({_NO_PLUGINS: before}))


_no_plugins_option = click.option(
    "--no-plugins",
    is_flag=True,
    expose_value=False,
    callback=_leave_plugins_out,
    help="Load no installed plugins but the framework's own.",
)
_file_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Load a plugin from a single file too; may be repeated.",
)
runs_directory_option = click.option(
    "--runs-dir",
    "runs_directory",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    envvar="FRAMEWORK_RUNS",
    default="runs",
    show_default=True,
    show_envvar=True,
    help="Where run directories are kept.",
)
device_option = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."
)
track_option = click.option(
    "--track",
    multiple=True,
    metavar="TRACKER",
    help="Add a tracker to those of the recipe, such as wandb; may be repeated.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but faults.")
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON document; faults become one on stderr.",
)
debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of a fault."
)
