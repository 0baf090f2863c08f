"""Hand what trackers have only stored in a run directory on to where it belongs."""

from collections.abc import Callable, Iterator
from pathlib import Path

from framework.errors import CheckpointError, Fault, StorageError
from framework.registry import Registry, UnresolvedReference
from framework.runs.records import is_run
from framework.runs.tracker_records import TrackerRecord, read_tracker_records
from framework.trackers import Tracker

_HINT = "what was sent before has arrived; the same command goes on with the rest"


def sync_run(directory: Path, registry: Registry, announce: Callable[[str], None]) -> int:
    """Let every tracker of a run, and of the runs in it, send what has not arrived.

    Args:
        directory: the run.
        registry: what provides the trackers.
        announce: is told what was sent.

    Returns:
        The number of runs of which something was sent.

    Raises:
        CheckpointError: the run has no trackers.
        StorageError: some of it could not be sent; all else was.
    """
    found = list(_records(directory))
    if not found:
        hint = "train with --track, such as --track wandb"
        raise CheckpointError(
            Fault("C068", "the run has no tracker", place=str(directory), hint=hint)
        )
    faults, num_sent = [], 0
    for run, name, record in found:
        try:
            line = _built(record, registry).sync(run)
        except Exception as error:  # a tracker's, which may raise anything
            message = f"tracker '{name}': {type(error).__name__}: {error}"
            faults.append(Fault("E090", message, place=str(run), hint=_HINT))
        else:
            if line:
                num_sent += 1
                announce(f"{run}: {line}")
    if faults:
        raise StorageError(faults)
    return num_sent


def _records(directory: Path) -> Iterator[tuple[Path, str, TrackerRecord]]:
    inner = sorted(path.parent for path in directory.rglob("trackers.json"))
    for run in [each for each in inner if is_run(each)]:
        for name, record in read_tracker_records(run).items():
            yield run, name, record


def _built(record: TrackerRecord, registry: Registry) -> Tracker:
    parameters = dict(record.component)
    name = str(parameters.pop("type"))
    try:
        component = registry.find("tracker", name)
    except UnresolvedReference as error:
        raise RuntimeError(str(error)) from error
    values = component.parameters.validate(parameters).values
    tracker: Tracker = component.factory(**values)
    return tracker
