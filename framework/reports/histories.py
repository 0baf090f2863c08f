"""What a run wrote down after each of its epochs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from framework.runs.epoch_rows import Row, read_rows
from framework.runs.records import RunRecord

SPLITS = ("validation", "train")
_SCHEDULE = "schedule"


@dataclass(frozen=True)
class Column:
    """A column of `metrics.jsonl`, taken apart.

    Attributes:
        name: as it stands there, such as `validation/noisy/mse`.
        split: `validation`, `train`, or nothing where it belongs to neither.
        quantity: the name without the split: `noisy/mse`.
        group: what it is drawn and listed with: `mse`.
        variant: which of its group it is: `noisy`; may be empty.
    """

    name: str
    split: str
    quantity: str
    group: str
    variant: str


def read_history(directory: Path) -> list[Row]:
    """The rows of `metrics.jsonl` that are whole; none where there is no such file."""
    return [
        {k: None if v is None else float(v) for k, v in row.items()} for row in read_rows(directory)
    ]


def trained_runs(record: RunRecord) -> list[RunRecord]:
    """The trainings that a run consists of: itself, or its folds and seeds at any depth."""
    return [leaf for part in record.parts for leaf in trained_runs(part)] or [record]


def kind_of_parts(record: RunRecord) -> str:
    """What a run with parts has: `seed` or `fold`."""
    return record.parts[0].directory.name.partition("-")[0]


def counted(record: RunRecord) -> str:
    """How many trainings a run with parts consists of: `5 folds`, `3 seeds of 5 folds`."""
    words, parts = [], record
    while parts.parts:
        words.append(f"{len(parts.parts)} {kind_of_parts(parts)}{'s' * (len(parts.parts) > 1)}")
        parts = parts.parts[0]
    return " of ".join(words)


def columns_of(histories: Sequence[Sequence[Row]]) -> list[Column]:
    """The columns that histories have, in the order in which they come."""
    seen = {name: None for rows in histories for row in rows for name in row}
    names = [name for name in seen if name not in {"epoch", "iteration"}]
    quantities = {_without_split(name)[1] for name in names}
    return [_column(name, quantities) for name in names]


def _column(name: str, quantities: Iterable[str]) -> Column:
    split, quantity = _without_split(name)
    return Column(name, split, quantity, *group_of(quantity, quantities))


def group_of(quantity: str, quantities: Iterable[str]) -> tuple[str, str]:
    """The group of a quantity, and which of the group it is.

    `noisy/mse` goes with `mse` where that is measured too; `loss/generator` with the other losses.
    """
    first, _, last = quantity.rpartition("/")
    if not first or first == _SCHEDULE:
        return quantity, ""
    return (last, first) if last in quantities else (first, last)


def _without_split(name: str) -> tuple[str, str]:
    split, _, quantity = name.partition("/")
    return (split, quantity) if quantity and split in SPLITS else ("", name)


def mean_row(rows: Sequence[Row]) -> Row:
    """The means of what is a number in all of some rows; the epoch is that of the first."""
    numbers = [name for name in rows[0] if all(row.get(name) is not None for row in rows)]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in numbers}
    return means | {"epoch": rows[0]["epoch"]}


def mean_history(histories: Sequence[Sequence[Row]]) -> list[Row]:
    """The means over several trainings, for as many epochs as all of them have."""
    return [mean_row(rows) for rows in zip(*histories, strict=False)]
