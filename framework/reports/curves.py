"""Which curves a report shows, and which of them belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from framework.reports.charts import Chart, Curve, Line, chart_of, color_class
from framework.reports.histories import (
    Column,
    columns_of,
    mean_history,
    read_history,
    trained_runs,
)
from framework.reports.quantities import number_text
from framework.runs.epoch_rows import Row
from framework.runs.records import RunRecord

_NUM_IN_SIGHT = 6


@dataclass(frozen=True)
class Curves:
    """The curves of a page.

    Attributes:
        charts: those that are shown at once.
        further: those that are folded away.
        constants: what stayed as it was, by name.
        legend: names that hold for all charts.
    """

    charts: Sequence[Chart] = ()
    further: Sequence[Chart] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    legend: Sequence[Line] = ()


def curves_of(record: RunRecord) -> Curves:
    """The curves of a run; of one with parts each part's, thin, and their mean.

    The mean reaches as far as all parts do.
    """
    trained = trained_runs(record)
    histories = [rows for rows in map(_history, trained) if rows]
    kept = [float(run.best.epoch) for run in trained if run.best is not None]
    columns = columns_of(histories)
    constants = _constants(histories, columns)
    charts = [
        chart_of(group, _curves_of_group(histories, members), kept)
        for group, members in _grouped(columns, without=constants).items()
    ]
    return _shared_out(charts, constants)


def compared_curves(records: Mapping[str, RunRecord]) -> Curves:
    """The curves of several runs, overlaid; of one with parts the mean of these.

    Args:
        records: runs by their label.
    """
    histories = {
        label: mean_history([_history(run) for run in trained_runs(record)])
        for label, record in records.items()
    }
    charts = []
    for quantity, members in _by_quantity(columns_of([*histories.values()])).items():
        curves = [
            Curve(_points(rows, column.name), color=color, is_dashed=column.split == "train")
            for column in members
            for color, rows in enumerate(histories.values())
            if any(column.name in row for row in rows)
        ]
        charts.append(chart_of(quantity, curves))
    legend = [Line("", color_class(color), label) for color, label in enumerate(histories)]
    return replace(_shared_out(charts, {}), legend=legend)


def _history(record: RunRecord) -> list[Row]:
    return read_history(record.directory)


def _shared_out(charts: Sequence[Chart | None], constants: Mapping[str, str]) -> Curves:
    drawn = [chart for chart in charts if chart is not None]
    return Curves(drawn[:_NUM_IN_SIGHT], drawn[_NUM_IN_SIGHT:], constants)


def _constants(histories: Sequence[Sequence[Row]], columns: Sequence[Column]) -> dict[str, str]:
    """What is no measurement and never changed, such as most learning rates."""
    found = {}
    for column in columns:
        values = {row.get(column.name) for rows in histories for row in rows}
        (value, *others) = values
        if not column.split and not others and value is not None:
            found[column.name] = number_text(value)
    return found


def _grouped(columns: Sequence[Column], without: Mapping[str, str]) -> dict[str, list[Column]]:
    """The columns by what they are drawn with; groups that are validated come first."""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        if column.name not in without:
            groups.setdefault(column.group, []).append(column)
    return _validated_first(groups)


def _by_quantity(columns: Sequence[Column]) -> dict[str, list[Column]]:
    groups: dict[str, list[Column]] = {}
    for column in columns:
        groups.setdefault(column.quantity, []).append(column)
    return _validated_first(groups)


def _validated_first(groups: dict[str, list[Column]]) -> dict[str, list[Column]]:
    def rank(item: tuple[str, list[Column]]) -> bool:
        return all(column.split != "validation" for column in item[1])

    return dict(sorted(groups.items(), key=rank))


def _curves_of_group(histories: Sequence[Sequence[Row]], members: Sequence[Column]) -> list[Curve]:
    variants = list(dict.fromkeys(column.variant for column in members))
    thin, thick = [], []
    for column in sorted(members, key=lambda member: member.split == "train"):
        color, is_dashed = variants.index(column.variant), column.split == "train"
        label = " ".join(filter(None, (column.variant, column.split))) or column.quantity
        if len(histories) > 1:
            each = [_points(rows, column.name) for rows in histories]
            thin += [Curve(points, "", color, is_dashed, is_faint=True) for points in each]
            label = f"{label}, mean"
        rows = mean_history(histories) if len(histories) > 1 else histories[0]
        thick.append(Curve(_points(rows, column.name), label, color, is_dashed))
    return thin + thick


def _points(rows: Sequence[Row], name: str) -> list[tuple[float, float | None]]:
    return [(float(row["epoch"]), row.get(name)) for row in rows]
