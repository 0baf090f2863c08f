"""Pictures of a search: how it went on, what mattered, and when which trial was trained."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from framework.reports.axes import Axis, count_axis, value_axis
from framework.reports.charts import Chart, Curve, chart_of
from framework.reports.plots import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Plot,
    Words,
    bar,
    dot,
    line,
)
from framework.reports.quantities import number_text
from framework.reports.scales import Scale
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

ENDING_STYLES: Mapping[str, str] = {
    "complete": "c0",
    "pruned": "c5",
    "failed": "c7",
    "infeasible": "c4",
    "running": "c2",
}
BEST_STYLE = "c1"
VIOLATING_STYLE = "out"
_NUM_CURVES = 100
_BAR_WIDTH, _BAR_ROW = 150.0, 22.0
_NUM_BARS, _LEAST_SHARE = 12, 0.01


def history(findings: SearchFindings, objective: int) -> Plot | None:
    """The value of every trial in the order of their numbers, and the best so far."""
    complete = findings.of("complete")
    if not complete:
        return None
    values = {t.number: t.values[objective] for t in complete}
    styles = {t.number: style_of(t, findings, marks_best=False) for t in complete}
    early = {} if len(findings.sought) > 1 else _last_values(findings.of("pruned"))
    y_axis = value_axis([*values.values(), *early.values()], HEIGHT - BOTTOM, TOP)
    last = max(trial.number for trial in findings.trials)
    x_axis = count_axis(0.0, float(last), LEFT, WIDTH - RIGHT)
    marks = [
        dot(
            x_axis.place(float(n)),
            y_axis.place(v),
            styles.get(n, ENDING_STYLES["pruned"]),
            f"trial {n}: {number_text(v)}",
        )
        for n, v in (*early.items(), *values.items())
    ]
    steps = _best_so_far(findings, objective, last)
    marks.append(line([(x_axis.place(float(n)), y_axis.place(v)) for n, v in steps], BEST_STYLE))
    legend = [*complete_legend(findings), (f"line {BEST_STYLE}", "best so far")]
    if early:
        legend.append((f"dot {ENDING_STYLES['pruned']}", "ended early, last value"))
    title = _logged("by trial", y_axis.is_logarithmic)
    return Plot(title, marks, x_axis.ticks, y_axis.ticks, legend=legend)


def curves(findings: SearchFindings) -> Chart | None:
    """The curves of the trials, those of the best ones thick."""
    best = {trial.number for trial in findings.best}
    drawn = [trial for trial in findings.trials if trial.curve]
    others = [t for t in drawn if t.number not in best][-_NUM_CURVES:]
    thin = [
        Curve(_points(t), color=5 if t.ending == "pruned" else 0, is_faint=True) for t in others
    ]
    thick = [Curve(_points(t), f"trial {t.number}", 1) for t in drawn if t.number in best]
    return chart_of("by epoch", thin + thick)


def importances(findings: SearchFindings, objective: int) -> Plot | None:
    """The share of each dimension as a bar; None where too few trials tell.

    Of many dimensions those are left out whose share would be told as none.
    """
    every = findings.importances[objective] if findings.importances else {}
    if not every:
        return None
    is_long = len(every) > _NUM_BARS
    shares = {k: v for k, v in every.items() if not is_long or v >= _LEAST_SHARE} or every
    num_left_out = len(every) - len(shares)
    names = short_names(list(shares))
    axis = Axis(0.0, max(shares.values()) or 1.0, _BAR_WIDTH, WIDTH - 60)
    marks, words = [], []
    for row, (name, share) in enumerate(shares.items()):
        y = TOP + (row + 0.5) * _BAR_ROW
        marks.append(bar(_BAR_WIDTH, y, axis.place(share), _BAR_ROW * 0.6, "c0", name))
        words.append(Words(_BAR_WIDTH - 8, y + 4, names[name], "end"))
        words.append(Words(axis.place(share) + 6, y + 4, f"{share:.0%}"))
    height = 2 * TOP + len(shares) * _BAR_ROW
    title = f"importance ({num_left_out} more below 1%)" if num_left_out else "importance"
    return Plot(title, marks, words=words, height=height)


def slices(findings: SearchFindings, objective: int) -> list[Plot]:
    """For each dimension the value of every trial over what it has drawn there."""
    complete = findings.of("complete")
    if not complete:
        return []
    short = short_names(findings.parameter_names)
    plots = []
    y_axis = value_axis([t.values[objective] for t in complete], HEIGHT - BOTTOM, TOP)
    for name in by_importance(findings, objective):
        drawn = [t.parameter(name) for t in complete]
        scale = Scale.of(drawn, LEFT + 8, WIDTH - RIGHT - 8, is_log=name in findings.log_parameters)
        marks = [
            dot(scale.place(x), y_axis.place(t.values[objective]), style_of(t, findings), named(t))
            for t, x in sorted(zip(complete, drawn, strict=True), key=lambda pair: pair[0].number)
        ]
        plots.append(
            Plot(_logged(short[name], scale.is_logarithmic), marks, scale.ticks, y_axis.ticks)
        )
    return plots


def by_importance(findings: SearchFindings, objective: int) -> list[str]:
    """The dimensions, those that matter most first, as far as that is known."""
    known = findings.importances[objective] if findings.importances else {}
    return [*known, *(name for name in findings.parameter_names if name not in known)]


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names without the beginning, as far as they stay different."""
    found = {}
    for name in names:
        steps = name.split(".")
        ends = [".".join(steps[place:]) for place in reversed(range(len(steps)))]
        found[name] = next((end for end in ends if _num_ending_with(end, names) == 1), name)
    return found


def named(trial: FoundTrial) -> str:
    """What a reader is told of a trial that is complete."""
    return f"trial {trial.number}: {', '.join(map(number_text, trial.values))}"


def style_of(trial: FoundTrial, findings: SearchFindings, *, marks_best: bool = True) -> str:
    """How a trial that is complete is drawn: the best ones and those not allowed stand out."""
    if not trial.is_allowed:
        return VIOLATING_STYLE
    return BEST_STYLE if marks_best and trial in findings.best else ENDING_STYLES["complete"]


def complete_legend(findings: SearchFindings) -> list[tuple[str, str]]:
    """What the dots of trials mean that are complete."""
    legend = [(f"dot {ENDING_STYLES['complete']}", "complete")]
    if any(not trial.is_allowed for trial in findings.of("complete")):
        legend.append((f"dot {VIOLATING_STYLE}", "violates constraints"))
    return legend


def _num_ending_with(end: str, names: Sequence[str]) -> int:
    return sum(name == end or name.endswith(f".{end}") for name in names)


def _best_so_far(findings: SearchFindings, objective: int, last: int) -> list[tuple[int, float]]:
    """The corners of the stairs that the best value so far descends."""
    allowed = [t for t in findings.trials if t.is_allowed]
    better = min if findings.sought[objective].sign > 0 else max
    reached = [*accumulate((t.values[objective] for t in allowed), better)]
    corners = []
    for place, trial in enumerate(allowed):
        corners += [(trial.number, reached[max(0, place - 1)]), (trial.number, reached[place])]
    return [*corners, (last, reached[-1])] if reached else []


def _last_values(trials: Sequence[FoundTrial]) -> dict[int, float]:
    return {trial.number: [*trial.curve.values()][-1] for trial in trials if trial.curve}


def _points(trial: FoundTrial) -> list[tuple[float, float | None]]:
    return [(float(epoch), value) for epoch, value in trial.curve.items()]


def _logged(title: str, is_logarithmic: bool) -> str:  # noqa: FBT001
    return f"{title} (logarithmic)" if is_logarithmic else title
