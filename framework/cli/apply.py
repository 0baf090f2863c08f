"""`framework apply`: use what a run has learnt, from files to files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from framework.cli.messages import UsageError, complain, say, say_json
from framework.cli.options import (
    debug_option,
    device_option,
    json_option,
    plugin_option,
    quiet_option,
    runs_directory_option,
)
from framework.cli.run_names import find_run

output_option = click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="A folder or FILE.png for images, FILE.csv for numbers, FILE.npy for anything.",
)
number_option = click.option(
    "-n",
    "--num-images",
    type=click.IntRange(min=1),
    help="How many images to generate [16], or to interpolate [10].",
)
seed_option = click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed of the noise that images are generated from.",
)


@click.command(short_help="Apply a run to images: encode, reconstruct, generate ...")
@click.argument("run")
@click.argument("operation")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...", type=click.Path(path_type=Path))
@output_option
@number_option
@seed_option
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@runs_directory_option
@plugin_option
@device_option
@quiet_option
@json_option
@debug_option
def apply(
    *,
    run: str,
    runs_directory: Path,
    plugins: Sequence[Path],
    device: str,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Apply OPERATION of RUN to INPUTs, with the weights that RUN has kept.

    RUN is a run directory, or the beginning of its name. Which operations it has depends on its
    task: encode, decode, reconstruct, denoise, classify, generate, interpolate, anomaly. An INPUT
    is an image file, a folder of them, or a .npy file; generate needs none. Without -o, numbers
    are printed as comma-separated values.
    """
    directory = find_run(run, runs_directory).directory
    from framework.exchange.applying import Request, carry_out_request, request_faults
    from framework.runs.loading import load_run

    loaded = load_run(directory, device=device, plugins=plugins, warn=complain)
    request = Request(**options)
    if faults := request_faults(loaded, request):
        raise UsageError(faults)
    answered, files = carry_out_request(loaded, request, warn=complain)
    if as_json:
        answers = [] if files else answered.records()
        say_json({"files": [str(file) for file in files], "answers": answers})
    elif not files:
        say(answered.csv_text().removesuffix("\n"))
    elif not quiet:
        more = f" ({len(files)} files)" if len(files) > 1 else ""
        say(f"written: {request.out}{more}")
