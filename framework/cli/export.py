"""`framework export`: give away what a run has learnt."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from framework.cli.messages import UsageError, complain, say, say_json
from framework.cli.options import (
    debug_option,
    json_option,
    plugin_option,
    quiet_option,
    runs_directory_option,
)
from framework.cli.run_names import find_run
from framework.errors import Fault, nearest_hint

folder_option = click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where to write; a folder that is not there yet, or empty.",
)
format_option = click.option(
    "--format",
    "formats",
    multiple=True,
    default=["safetensors"],
    show_default=True,
    type=click.Choice(["safetensors", "torch", "onnx"]),
    help="What to write; may be repeated.",
)
operation_option = click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="NAME",
    help="Make programs of this operation only; may be repeated.",
)


@click.command(short_help="Export a run: weights with a model card, torch or ONNX programs.")
@click.argument("run")
@folder_option
@format_option
@operation_option
@runs_directory_option
@plugin_option
@quiet_option
@json_option
@debug_option
def export(
    *,
    run: str,
    folder: Path,
    formats: Sequence[Any],
    operations: Sequence[str],
    runs_directory: Path,
    plugins: Sequence[Path],
    quiet: bool,
    as_json: bool,
) -> None:
    """Export RUN, with the weights that it has kept, into a FOLDER with a model card.

    RUN is a run directory, or the beginning of its name. safetensors: the weights, in a folder
    that framework apply and framework.load_run read. torch and onnx: a program for each
    operation, for batches of any size, checked against the original.
    """
    directory = find_run(run, runs_directory).directory
    from framework.exchange.exporting import export_run, exportable, require_possible
    from framework.runs.loading import load_run

    require_possible(folder, formats)
    loaded = load_run(directory, device="cpu", plugins=plugins, warn=complain)
    _require_operations(operations, exportable(loaded))
    exported = export_run(loaded, folder, formats=formats, operations=operations)
    if as_json:
        say_json(exported.as_json())
    elif not quiet:
        for each in exported.programs:
            say(f"{each.file}: differs from the original by {each.difference:.2g} at most")
        say(f"{len(exported.files)} files written: {folder}")


def _require_operations(names: Sequence[str], known: Sequence[str]) -> None:
    faults = [
        Fault(
            "U005",
            f"the run has no operation '{name}' that can be exported",
            key="--operation",
            hint=nearest_hint(name, known) or f"it has: {', '.join(known)}",
        )
        for name in names
        if name not in known
    ]
    if faults:
        raise UsageError(faults)
