"""What a run directory says of its trackers: where they show the run, and what went wrong."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from framework.storage import write_json

FILE = "trackers.json"


@dataclass(frozen=True)
class TrackerRecord:
    """One tracker of one run.

    Attributes:
        component: the tracker as the resolved recipe has it.
        where: where it shows the run.
        errors: what it has raised, in this run or an earlier one of the command.
        off: why it was switched off; empty if it was not.
    """

    component: Mapping[str, Any]
    where: str = ""
    errors: tuple[str, ...] = ()
    off: str = ""

    @property
    def line(self) -> str:
        """In a line, where it shows the run, or why it does not."""
        if self.off:
            return f"off: {self.off}"
        noted = f"{len(self.errors)} of its calls failed: {self.errors[0]}" if self.errors else ""
        return "; ".join(filter(None, (self.where, noted)))


def write_tracker_records(run: Path, records: Mapping[str, TrackerRecord]) -> None:
    """Write `trackers.json`.

    Raises:
        StorageError: the disk does not take it.
    """
    write_json(run / FILE, {name: asdict(record) for name, record in records.items()})


def read_tracker_records(run: Path) -> dict[str, TrackerRecord]:
    """Read `trackers.json`; nothing where a run has none, or a damaged one."""
    try:
        values = json.loads((run / FILE).read_bytes())
        return {name: _record(each) for name, each in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def troubles_in(run: Path) -> list[str]:
    """What a reader of a run should know of its trackers: those that failed or are off."""
    records = read_tracker_records(run).items()
    return [f"tracker '{name}': {each.line}" for name, each in records if each.errors or each.off]


def _record(values: Mapping[str, Any]) -> TrackerRecord:
    component = dict(values["component"])
    errors = tuple(map(str, values["errors"]))
    return TrackerRecord(component, str(values["where"]), errors, str(values["off"]))
