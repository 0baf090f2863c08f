"""`framework doctor`: is everything here that runs need?"""

from collections.abc import Sequence
from pathlib import Path

import click

from framework.cli.options import (
    debug_option,
    json_option,
    plugin_option,
    runs_directory_option,
)


@click.command(short_help="Look for what is wrong with versions, device, data, plugins.")
@runs_directory_option
@plugin_option
@json_option
@debug_option
def doctor(*, runs_directory: Path, plugins: Sequence[Path], as_json: bool) -> None:
    """Look at versions, device, threads, disk, plugins, data and trackers.

    What is wrong is told last, with the way to mend it; the exit code is then 7.
    """
    from dataclasses import asdict

    from framework.cli.examination import examine
    from framework.cli.messages import say, say_json, say_table
    from framework.errors import Fault, StorageError

    findings = examine(runs_directory, plugins)
    if as_json:
        say_json({"findings": [asdict(finding) for finding in findings]})
    else:
        rows = [[f.topic, f.subject, "wrong" if f.problem else "", f.found] for f in findings]
        say_table(["topic", "subject", "", "found"], rows)
    wrong = [finding for finding in findings if finding.problem]
    if wrong:
        raise StorageError(
            Fault("E003", each.problem, place=f"{each.topic}: {each.subject}", hint=each.remedy)
            for each in wrong
        )
    if not as_json:
        say("\nnothing is wrong")
