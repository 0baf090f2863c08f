"""Runs side by side: what they measured, where their recipes differ, curves and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from framework.reports.curves import Curves, compared_curves
from framework.reports.directions import LOSS, directions_of
from framework.reports.pictures import EmbeddedFigure, side_by_side
from framework.reports.quantities import duration_text, number_text, spread_text
from framework.reports.recipe_values import Difference, differences, read_resolved
from framework.reports.rendering import render
from framework.reports.run_pages import RunPage
from framework.runs.records import RunRecord, Spread, read_run
from framework.storage import write_durably


@dataclass(frozen=True)
class ComparedValue:
    """A quantity of several runs.

    Attributes:
        name: its name.
        texts: its value in each run; empty where it was not measured.
        best: which of them are the best; none where no direction is declared, or all are equal.
        direction: `min`, `max`, or nothing where none is declared.
        numbers: the values themselves, of several trainings their means, where they are known.
    """

    name: str
    texts: Sequence[str]
    best: Sequence[int] = ()
    direction: str = ""
    numbers: Sequence[float | None] = ()


@dataclass(frozen=True)
class ComparisonPage:
    """Everything that a comparison shows.

    Attributes:
        runs: the page of each run, by a label that no other has.
    """

    runs: Mapping[str, RunPage]

    @property
    def records(self) -> dict[str, RunRecord]:
        """The runs by label."""
        return {label: page.record for label, page in self.runs.items()}

    @property
    def values(self) -> list[ComparedValue]:
        """What the runs measured, the best of each quantity known where a direction is."""
        measured = [_measured(record) for record in self.records.values()]
        names = dict.fromkeys(name for each in measured for name in each)
        return [
            _compared(name, [each.get(name) for each in measured], self._direction(name))
            for name in names
        ]

    @property
    def costs(self) -> list[ComparedValue]:
        """How the runs have ended, and what they took."""
        pages = list(self.runs.values())
        parameters = [page.meta.get("num_parameters") for page in pages]
        return [
            ComparedValue("status", [page.record.status for page in pages]),
            ComparedValue("parameters", ["" if n is None else f"{n:,}" for n in parameters]),
            ComparedValue("epochs", [f"{p.record.epoch}/{p.record.num_epochs}" for p in pages]),
            ComparedValue("training", [duration_text(p.record.seconds) for p in pages]),
            ComparedValue("device", [str(page.meta.get("device", "")) for page in pages]),
            ComparedValue("seed", [str(page.record.seed) for page in pages]),
        ]

    @cached_property
    def differences(self) -> list[Difference]:
        """Keys of the resolved recipes whose values are not the same everywhere."""
        return differences([read_resolved(r.directory) for r in self.records.values()])

    @cached_property
    def curves(self) -> Curves:
        """The curves, overlaid."""
        return compared_curves(self.records)

    @cached_property
    def figures(self) -> Mapping[str, Sequence[EmbeddedFigure]]:
        """The figures by name, those of one name side by side."""
        return side_by_side(self.records)

    @property
    def has_same_data(self) -> bool:
        """Whether all runs were measured on the same data."""
        return len({page.meta.get("data_fingerprint") for page in self.runs.values()}) == 1

    @cached_property
    def has_same_loss(self) -> bool:
        """Whether the losses of all runs can be compared."""
        losses = [page.recipe.get("loss") for page in self.runs.values()]
        return all(loss == losses[0] for loss in losses)

    def _direction(self, name: str) -> str:
        """The direction of a quantity that can be compared, if runs that declare one agree."""
        quantity = name.partition("/")[2]
        if not self.has_same_data or (quantity == LOSS and not self.has_same_loss):
            return ""
        declared = {
            directions_of(page.record, page.meta).get(quantity, "") for page in self.runs.values()
        } - {""}
        return declared.pop() if len(declared) == 1 else ""


def compare_runs(directories: Sequence[Path]) -> ComparisonPage:
    """Several runs side by side, in this order.

    Raises:
        CheckpointError: one of them is no run directory, or a damaged one.
    """
    records = [read_run(directory) for directory in directories]
    return ComparisonPage({label: RunPage(run) for label, run in _labelled(records).items()})


def write_comparison(directories: Sequence[Path], output: Path) -> Path:
    """Write a page that shows several runs side by side; answer where it is.

    Args:
        directories: the run directories, in the order in which they are shown.
        output: the page.

    Raises:
        CheckpointError: one of them is no run directory, or a damaged one.
        StorageError: the disk does not take the page.
    """
    text = render("comparison.html", page=compare_runs(directories))
    write_durably(output, text.encode(errors="backslashreplace"))
    return output


def _labelled(records: Sequence[RunRecord]) -> dict[str, RunRecord]:
    """Runs by name where names differ, else by name and directory, else numbered too."""
    labels = [record.name for record in records]
    if len(set(labels)) < len(labels):
        labels = [f"{record.name} {record.directory.name}" for record in records]
    if len(set(labels)) < len(labels):
        labels = [f"{label} ({number})" for number, label in enumerate(labels, start=1)]
    return dict(zip(labels, records, strict=True))


def _measured(record: RunRecord) -> dict[str, float | Spread]:
    """What a run measured, and the numbers of its figures."""
    figures = {
        f"{figure}/{name}": value
        for figure, values in record.figure_values.items()
        for name, value in values.items()
        if value is not None
    }
    return dict(record.values) | dict(record.spreads) | figures


def _compared(name: str, values: Sequence[float | Spread | None], direction: str) -> ComparedValue:
    numbers = [value.mean if isinstance(value, Spread) else value for value in values]
    known = [number for number in numbers if number is not None]
    best = (min(known) if direction == "min" else max(known)) if direction else None
    is_telling = len(known) > 1 and min(known) < max(known)
    places = [i for i, n in enumerate(numbers) if n is not None and n == best and is_telling]
    return ComparedValue(name, [_text(value) for value in values], places, direction, numbers)


def _text(value: float | Spread | None) -> str:
    if value is None:
        return ""
    return spread_text(value) if isinstance(value, Spread) else number_text(value)
