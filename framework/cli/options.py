"""Options that several commands share."""

from pathlib import Path

import click

plugin_option = click.option(
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
