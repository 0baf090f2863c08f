"""From what was typed to a run: its directory, or the beginning of one of its names."""

from pathlib import Path

from framework.cli.messages import UsageError
from framework.errors import Fault, nearest_hint
from framework.runs.records import RunRecord, is_run, list_runs, read_run


def find_run(run: str, runs_directory: Path) -> RunRecord:
    """The run that is meant.

    Args:
        run: its directory, or the beginning of its name, of its time or of its hash.
        runs_directory: where it is looked for by name.

    Raises:
        UsageError: there is none, or several.
        CheckpointError: it is damaged.
    """
    path = Path(run)
    if is_run(path):
        return read_run(path)
    records = list_runs(runs_directory)
    found = [record for record in records if _is_called(record, run)]
    if len(found) == 1:
        return found[0]
    names = [name_of(record) for record in found]
    if found:
        message, hint = (
            f"'{run}' begins the names of {len(found)} runs",
            f"they are {', '.join(names)}",
        )
    else:
        message = f"no run '{run}' in {runs_directory}"
        hint = nearest_hint(run, map(name_of, records)) or "framework runs list names them"
    raise UsageError(Fault("U002", message, hint=hint))


def name_of(record: RunRecord) -> str:
    """What a run is called in lists, such as `quickstart/20260101-120000-0123abcd`."""
    return f"{record.name}/{record.directory.name}"


def _is_called(record: RunRecord, beginning: str) -> bool:
    own_name = record.directory.name
    names = (name_of(record), own_name, own_name.rpartition("-")[2])
    return any(name.startswith(beginning) for name in names)
