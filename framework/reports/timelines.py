"""When which trial was trained, without the time in which nobody was at work."""

from collections.abc import Sequence

from framework.reports.axes import Axis, Tick, nice_step
from framework.reports.plots import LEFT, RIGHT, TOP, Plot, bar
from framework.reports.search_plots import ENDING_STYLES
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

_WIDTH, _ROW = 800.0, 20.0
_BELOW = 30.0
_NUM_MARKS = 6
_LONGEST_PAUSE = 0.05
"""Share of the time at work that a pause may last to be shown."""
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def timeline(findings: SearchFindings) -> Plot | None:
    """A bar per trial, in a row of its own where several were trained at a time."""
    trials = sorted((t for t in findings.trials if t.started), key=_begun)
    if not trials:
        return None
    latest = max(_ended(trial, 0.0) for trial in trials)
    spans = _without_pauses([(_begun(t), _ended(t, latest)) for t in trials])
    lanes = _lanes(spans)
    total = max(end for _, end in spans) or 1.0
    axis = Axis(0.0, total, LEFT, _WIDTH - RIGHT)
    bars = [
        bar(
            axis.place(start),
            TOP + (lane + 0.5) * _ROW,
            max(axis.place(end), axis.place(start) + 1.5) - 0.5,
            _ROW * 0.7,
            ENDING_STYLES.get(trial.ending, "c6"),
            f"trial {trial.number}, {trial.ending}: {end - start:.3g} s",
        )
        for trial, (start, end), lane in zip(trials, spans, lanes, strict=True)
    ]
    endings = dict.fromkeys(trial.ending for trial in trials)
    return Plot(
        "at work",
        bars,
        _ticks(axis, total),
        [Tick(TOP + (lane + 0.5) * _ROW, str(lane + 1)) for lane in range(max(lanes) + 1)],
        legend=[(f"bar {ENDING_STYLES.get(ending, 'c6')}", ending) for ending in endings],
        is_wide=True,
        width=_WIDTH,
        height=TOP + (max(lanes) + 1) * _ROW + _BELOW,
    )


def _begun(trial: FoundTrial) -> float:
    return trial.started.timestamp() if trial.started else 0.0


def _ended(trial: FoundTrial, latest: float) -> float:
    """When it ended; of one that has not, the latest time that is known."""
    return max(trial.ended.timestamp() if trial.ended else latest, _begun(trial))


def _without_pauses(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans in the order of their beginnings, moved together where nobody was at work."""
    at_work, until = 0.0, spans[0][0]
    for start, end in spans:
        at_work += max(0.0, end - max(start, until))
        until = max(until, end)
    moved, shift, until = [], spans[0][0], spans[0][0]
    for start, end in spans:
        pause = start - until
        if pause > _LONGEST_PAUSE * at_work:
            shift += pause
        until = max(until, end)
        moved.append((start - shift, end - shift))
    return moved


def _lanes(spans: Sequence[tuple[float, float]]) -> list[int]:
    """For each span the first row in which nothing is at that time."""
    ends: list[float] = []
    lanes = []
    for start, end in spans:
        lane = next((row for row, until in enumerate(ends) if until <= start), len(ends))
        ends[lane : lane + 1] = [end]
        lanes.append(lane)
    return lanes


def _ticks(axis: Axis, total: float) -> list[Tick]:
    unit = next((u for u in ("h", "min") if total >= 2 * _SECONDS[u]), "s")
    step = nice_step(total / _SECONDS[unit] / _NUM_MARKS)
    marks = [step * n for n in range(int(total / _SECONDS[unit] / step) + 1)]
    return [Tick(axis.place(mark * _SECONDS[unit]), f"{mark:g} {unit}") for mark in marks]
