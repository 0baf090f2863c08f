"""Several objectives against each other, and the trials that none surpasses in all of them."""

from collections.abc import Sequence
from itertools import pairwise

from framework.reports.axes import value_axis
from framework.reports.plots import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Mark, Plot, Words, dot, line
from framework.reports.search_plots import BEST_STYLE, complete_legend, named, style_of
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

_HEIGHT = 280.0
_ORDER = ("out", "c0", BEST_STYLE)
"""Styles of dots in the order in which they are drawn, so that nothing covers the best."""


def fronts(findings: SearchFindings) -> list[Plot]:
    """The first of several objectives against each of the others; none where there is only one."""
    if not findings.of("complete"):
        return []
    return [_front(findings, other) for other in range(1, len(findings.sought))]


def _front(findings: SearchFindings, other: int) -> Plot:
    complete, (first, second) = (
        findings.of("complete"),
        (findings.sought[0], findings.sought[other]),
    )
    x_axis = value_axis([t.values[0] for t in complete], LEFT, WIDTH - RIGHT)
    y_axis = value_axis([t.values[other] for t in complete], _HEIGHT - BOTTOM, TOP)

    def place(trial: FoundTrial) -> tuple[float, float]:
        return x_axis.place(trial.values[0]), y_axis.place(trial.values[other])

    dots = [dot(*place(t), style_of(t, findings), named(t)) for t in complete]
    dots.sort(key=lambda mark: _ORDER.index(mark.style.removeprefix("dot ")))
    return Plot(
        f"{second.name} (upwards) against {first.name}",
        [*_stairs([place(trial) for trial in findings.best], len(findings.sought)), *dots],
        x_axis.ticks,
        y_axis.ticks,
        words=[_corner(first.sign, second.sign)],
        legend=[(f"dot {BEST_STYLE}", "on the Pareto front"), *complete_legend(findings)],
        height=_HEIGHT,
    )


def _corner(sign: int, other: int) -> Words:
    """Where good trials are to be found."""
    x, anchor = (LEFT + 4, "start") if sign > 0 else (WIDTH - RIGHT - 4, "end")
    arrow = {(1, 1): "↙", (1, -1): "↖", (-1, 1): "↘", (-1, -1): "↗"}[sign, other]
    text = f"{arrow} better" if sign > 0 else f"better {arrow}"
    return Words(x, _HEIGHT - BOTTOM - 6 if other > 0 else TOP + 12, text, anchor)


def _stairs(points: Sequence[tuple[float, float]], num_objectives: int) -> list[Mark]:
    """The border of what is surpassed; of more than two objectives a plane does not show it."""
    if num_objectives > 2 or len(points) <= 1:  # noqa: PLR2004
        return []
    corners = [points[0]]
    for before, after in pairwise(points):
        corners += [(after[0], before[1]), after]
    return [line(corners, f"{BEST_STYLE} dashed")]
