"""`framework report`: a page that shows a run, or several side by side."""

from pathlib import Path

import click

from framework.cli.options import debug_option, json_option, quiet_option, runs_directory_option


@click.command("report", short_help="Write the page of a run, or one that compares several.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Where to write; by default report.html in the run, comparison.html here for several.",
)
@runs_directory_option
@quiet_option
@json_option
@debug_option
def write_report(
    *,
    runs: tuple[str, ...],
    output: Path | None,
    runs_directory: Path,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write the report of RUN, or a page that shows several side by side.

    A RUN is a run directory, or the beginning of its name. The page needs no other file and no
    network. A run that ends writes its report by itself; this writes it again.
    """
    from framework.cli.messages import say, say_json
    from framework.cli.run_names import find_run
    from framework.reports.reporting import report_runs

    directories = [find_run(run, runs_directory).directory for run in runs]
    path = report_runs(directories, output)
    if as_json:
        say_json({"report": str(path), "runs": [str(directory) for directory in directories]})
    elif not quiet:
        say(str(path))
