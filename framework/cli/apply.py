"""`framework apply`: use what a run has learnt, from files to files."""

from pathlib import Path

import click

from framework.cli.options import (
    debug_option,
    device_option,
    json_option,
    plugin_option,
    quiet_option,
    runs_directory_option,
)


@click.command(short_help="Apply a run to images: encode, reconstruct, generate ...")
@click.argument("run")
@click.argument("operation")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="A folder or FILE.png for images, FILE.csv or FILE.npy.",
)
@click.option(
    "-n",
    "--num-images",
    type=click.IntRange(min=1),
    help="How many images to generate [16], or to interpolate [10].",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed of the noise that images are generated from.",
)
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
    operation: str,
    runs_directory: Path,
    plugins: tuple[Path, ...],
    device: str,
    quiet: bool,
    as_json: bool,
    inputs: tuple[Path, ...],
    out: Path | None,
    num_images: int | None,
    seed: int,
    overwrite: bool,
) -> None:
    """Apply OPERATION of RUN to INPUTs, with the weights that RUN has kept.

    RUN is a run directory, or the beginning of its name. Which operations it has depends on its
    task: encode, decode, reconstruct, denoise, classify, generate, interpolate, anomaly. An INPUT
    is an image file, a folder of them, or a .npy file; generate needs none. Without -o, numbers
    are printed as comma-separated values.
    """
    from framework.cli.messages import UsageError, complain, say, say_json
    from framework.cli.run_names import find_run
    from framework.exchange.answers import csv_text
    from framework.exchange.applying import Request, carry_out_request, request_faults
    from framework.runs.loading import load_run

    directory = find_run(run, runs_directory).directory
    loaded = load_run(directory, device=device, plugins=plugins, warn=complain)
    request = Request(operation, inputs, out, num_images, seed, overwrite)
    faults = request_faults(loaded, request)
    if faults:
        raise UsageError(faults)
    answered, files = carry_out_request(loaded, request, warn=complain)
    if as_json:
        headers, rows = answered.table() if out is None else ([], [])
        answers = [dict(zip(headers, row, strict=True)) for row in rows]
        say_json({"files": [str(file) for file in files], "answers": answers})
    elif out is None:
        say(csv_text(*answered.table()).removesuffix("\n"))
    elif not quiet:
        say(f"written: {out}" + (f" ({len(files)} files)" if len(files) > 1 else ""))
