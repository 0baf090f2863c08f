"""A line per trial through everything it has drawn, and on to what that was worth."""

from collections.abc import Collection, Mapping

from framework.reports.plots import Plot, Words, line
from framework.reports.scales import Scale
from framework.reports.search_plots import by_importance, named, short_names
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

_NUM_DIMENSIONS = 9
_SPACING, _MARGIN, _LEAST_WIDTH = 104.0, 60.0, 800.0
_TOP, _BOTTOM, _HEIGHT = 46.0, 300.0, 320.0
_NUM_GRADES = 5
_LONGEST_NAME = 17
_LEGEND = {
    "g0": "the best fifth",
    "g1": "the next",
    "g2": "",
    "g3": "",
    "g4": "the last",
    "out": "violates constraints",
}
"""Styles of lines from the best to what is not allowed, with what is said of them."""


def parallel_coordinates(findings: SearchFindings) -> Plot | None:
    """The complete trials through the dimensions that matter most, and on to every objective.

    The best fifth stands out, of several objectives the Pareto front; what violates constraints
    steps back. None where fewer than two trials are complete.
    """
    complete = findings.of("complete")
    if len(complete) <= 1:
        return None
    names = by_importance(findings, 0)[:_NUM_DIMENSIONS]
    columns = {name: [t.parameter(name) for t in complete] for name in names}
    scales = {
        name: Scale.of(values, _BOTTOM, _TOP, is_log=name in findings.log_parameters)
        for name, values in columns.items()
    }
    for number, sought in enumerate(findings.sought):
        columns[sought.name] = [t.values[number] for t in complete]
        scales[sought.name] = Scale.of(columns[sought.name], _BOTTOM, _TOP)
    spacing = max(_SPACING, (_LEAST_WIDTH - 2 * _MARGIN) / (len(columns) - 1))
    places = {name: _MARGIN + number * spacing for number, name in enumerate(columns)}
    grades, order, sign = _grades(findings), [*_LEGEND], findings.sought[0].sign

    def rank(trial: FoundTrial) -> tuple[int, float]:
        """The best are drawn last, so that nothing covers them."""
        return -order.index(grades[trial.number]), -sign * trial.values[0]

    marks = [
        line(
            [(x, scales[name].place(columns[name][number])) for name, x in places.items()],
            grades[trial.number],
            named(trial),
        )
        for number, trial in sorted(enumerate(complete), key=lambda each: rank(each[1]))
    ]
    stems = [line([(x, _TOP), (x, _BOTTOM)], "stem") for x in places.values()]
    return Plot(
        "from what was drawn to what it was worth",
        [*stems, *marks],
        words=[*_headings(places, short_names(names)), *_labels(scales, places)],
        legend=_legend(findings, set(grades.values())),
        is_wide=True,
        width=max(places.values()) + _MARGIN,
        height=_HEIGHT,
    )


def _grades(findings: SearchFindings) -> dict[int, str]:
    """Number of a trial that is complete → the style of its line."""
    allowed = [trial for trial in findings.trials if trial.is_allowed]
    if len(findings.sought) > 1:
        grades = {trial.number: "g2" for trial in allowed}
        grades |= {trial.number: "g0" for trial in findings.best}
    else:
        sign = findings.sought[0].sign
        ranked = sorted(allowed, key=lambda trial: sign * trial.values[0])
        grades = {t.number: f"g{n * _NUM_GRADES // len(ranked)}" for n, t in enumerate(ranked)}
    return {trial.number: "out" for trial in findings.of("complete")} | grades


def _legend(findings: SearchFindings, met: Collection[str]) -> list[tuple[str, str]]:
    known = dict(_LEGEND)
    if len(findings.sought) > 1:
        known |= {"g0": "on the Pareto front", "g2": "complete"}
    return [(f"line {grade}", name) for grade, name in known.items() if name and grade in met]


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
