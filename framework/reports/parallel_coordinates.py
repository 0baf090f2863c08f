"""A line per trial through everything it has drawn, and on to what that was worth."""

from collections.abc import Mapping, Sequence

from framework.reports.plots import Mark, Plot, Words, line
from framework.reports.scales import Scale
from framework.reports.search_plots import by_importance, named, short_names
from framework.runs.search.findings import FoundTrial, SearchFindings

_NUM_DIMENSIONS = 9
_SPACING, _MARGIN, _LEAST_WIDTH = 104.0, 60.0, 800.0
_TOP, _BOTTOM, _HEIGHT = 46.0, 300.0, 320.0
_NUM_GRADES = 5
_LONGEST_NAME = 17


def parallel_coordinates(findings: SearchFindings, objective: int) -> Plot | None:
    """The complete trials through the dimensions that matter most; the best fifth stands out.

    None where fewer than two trials are complete.
    """
    complete = findings.of("complete")
    if len(complete) <= 1:
        return None
    names = by_importance(findings, objective)[:_NUM_DIMENSIONS]
    columns = {name: [t.parameter(name) for t in complete] for name in names}
    scales = {
        name: Scale.of(values, _BOTTOM, _TOP, is_log=name in findings.log_parameters)
        for name, values in columns.items()
    }
    aim = findings.sought[objective].name
    columns[aim] = [t.values[objective] for t in complete]
    scales[aim] = Scale.of(columns[aim], _BOTTOM, _TOP)
    spacing = max(_SPACING, (_LEAST_WIDTH - 2 * _MARGIN) / (len(columns) - 1))
    places = {name: _MARGIN + number * spacing for number, name in enumerate(columns)}
    lines = _lines(complete, columns, scales, places, findings.sought[objective].sign)
    stems = [line([(x, _TOP), (x, _BOTTOM)], "stem") for x in places.values()]
    return Plot(
        "from what was drawn to what it was worth",
        [*stems, *lines],
        words=[*_headings(places, short_names(names)), *_labels(scales, places)],
        legend=[("line g0", "the best fifth"), ("line g1", "the next"), ("line g4", "the last")],
        is_wide=True,
        width=places[aim] + _MARGIN,
        height=_HEIGHT,
    )


def _lines(
    complete: Sequence[FoundTrial],
    columns: Mapping[str, Sequence[object]],
    scales: Mapping[str, Scale],
    places: Mapping[str, float],
    sign: int,
) -> list[Mark]:
    """The trials, the best drawn last, so that nothing covers them."""
    *_, aim = columns
    values: Sequence[float] = columns[aim]  # type: ignore[assignment]
    ranked = sorted(range(len(complete)), key=lambda number: sign * values[number])
    grades = {number: rank * _NUM_GRADES // len(ranked) for rank, number in enumerate(ranked)}
    return [
        line(
            [(places[name], scales[name].place(columns[name][number])) for name in columns],
            f"g{grades[number]}",
            named(complete[number]),
        )
        for number in reversed(ranked)
    ]


def _headings(places: Mapping[str, float], short: Mapping[str, str]) -> list[Words]:
    """The names above, every other one higher, so that long ones find room."""
    return [
        Words(x, 12.0 if number % 2 else 28.0, _shortened(short.get(name, name)), "middle")
        for number, (name, x) in enumerate(places.items())
    ]


def _labels(scales: Mapping[str, Scale], places: Mapping[str, float]) -> list[Words]:
    return [
        Words(places[name] - 6, tick.place + 4, tick.text, "end")
        for name, scale in scales.items()
        for tick in scale.ticks
    ]


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"
