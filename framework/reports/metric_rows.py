"""What a run measured, beside what it has to be compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framework.reports.histories import (
    counted,
    group_of,
    mean_row,
    read_history,
    trained_runs,
)
from framework.reports.quantities import change_text, number_text, spread_text
from framework.runs.epoch_rows import Row
from framework.runs.records import RunRecord, Spread

AFTER_FIRST_EPOCH = "after the first epoch"


@dataclass(frozen=True)
class MetricRow:
    """A quantity with everything that is known of it.

    Attributes:
        name: without a split, such as `mse`.
        validation: its value on the validation images with the weights kept.
        test: its value on the test images.
        first: its value on the validation images after the first epoch.
        change: how `validation` differs from `first`.
        references: the same quantity of what the task is compared with, such as `noisy`.
    """

    name: str
    validation: str = ""
    test: str = ""
    first: str = ""
    change: str = ""
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Headline:
    """The value that decided which weights are kept, and its yardstick.

    Attributes:
        metric: its name, such as `validation/loss`.
        value: its value; of several trainings mean and standard deviation.
        meaning: what the value is.
        first: its value after the first epoch, which is the yardstick.
        change: how the two differ.
        test: the same quantity on the test images; may be empty.
    """

    metric: str
    value: str
    meaning: str
    first: str
    change: str
    test: str


def metric_rows(record: RunRecord) -> list[MetricRow]:
    """All quantities that were validated or tested."""
    values, first = _values(record), _first_row(record)
    quantities = list(dict.fromkeys(name.partition("/")[2] for name in values))
    places = {quantity: group_of(quantity, quantities) for quantity in quantities}
    rows = []
    for quantity in quantities:
        group, variant = places[quantity]
        if variant and group in quantities:
            continue  # a reference, in the row of what it is compared with
        others = [q for q in quantities if q != quantity and places[q][0] == quantity]
        rows.append(_row(quantity, values, first, {places[q][1]: q for q in others}))
    return rows


def headline_of(record: RunRecord) -> Headline | None:
    """What was monitored, beside its value after the first epoch; None where nothing was."""
    trained = trained_runs(record)
    best = trained[0].best
    if best is None or best.metric is None:
        return None
    name = best.metric
    values = [run.best.value for run in trained if run.best and run.best.value is not None]
    first = _first_row(record).get(name)
    spread, is_alone = Spread.of(values), not record.parts
    split, _, quantity = name.partition("/")
    tested = _values(record).get(f"test/{quantity}")
    return Headline(
        metric=name,
        value=number_text(spread.mean) if is_alone else spread_text(spread),
        meaning=f"kept after epoch {best.epoch}" if is_alone else f"mean ± sd of {counted(record)}",
        first="" if first is None else number_text(first),
        change="" if first is None else change_text(first, spread.mean),
        test="" if tested is None or split == "test" else _text(tested),
    )


def reference_names(rows: Sequence[MetricRow]) -> list[str]:
    """What the task is compared with, over all quantities."""
    return list(dict.fromkeys(name for row in rows for name in row.references))


def _row(
    quantity: str, values: Mapping[str, float | Spread], first: Row, references: Mapping[str, str]
) -> MetricRow:
    validated, tested = values.get(f"validation/{quantity}"), values.get(f"test/{quantity}")
    began = first.get(f"validation/{quantity}")
    found = {
        reference: values.get(f"test/{name}", values.get(f"validation/{name}"))
        for reference, name in references.items()
    }
    return MetricRow(
        quantity,
        _text(validated),
        _text(tested),
        _text(began),
        "" if began is None or validated is None else change_text(began, _mean(validated)),
        {reference: _text(value) for reference, value in found.items()},
    )


def _values(record: RunRecord) -> dict[str, float | Spread]:
    """What was measured; what every part measured as a spread."""
    return dict(record.values) | dict(record.spreads)


def _first_row(record: RunRecord) -> Row:
    """The values after the first epoch; of several trainings their means."""
    histories = [read_history(run.directory) for run in trained_runs(record)]
    firsts = [rows[0] for rows in histories if rows and rows[0]["epoch"] == 1]
    return mean_row(firsts) if firsts else {}


def _text(value: float | Spread | None) -> str:
    if value is None:
        return ""
    return spread_text(value) if isinstance(value, Spread) else number_text(value)


def _mean(value: float | Spread) -> float:
    return value.mean if isinstance(value, Spread) else value
