from datetime import datetime, timedelta
from pathlib import Path

import pytest

from framework.reports.timelines import timeline
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

BEGUN = datetime(2026, 1, 2)


def found(*spans):
    """Trials from spans in seconds; one without an end is running."""
    trials = [
        FoundTrial(
            number,
            "complete" if end is not None else "running",
            started=BEGUN + timedelta(seconds=start),
            ended=None if end is None else BEGUN + timedelta(seconds=end),
        )
        for number, (start, end) in enumerate(spans)
    ]
    return SearchFindings(Path(), 9, (), trials)


def rows(plot):
    return [float(mark.path.split()[1].split("H")[0]) for mark in plot.marks]


def test_trials_at_the_same_time_have_rows_of_their_own():
    plot = timeline(found((0, 60), (10, 50), (55, 90), (60, 80)))
    first, second, third, fourth = rows(plot)
    assert first == fourth
    assert second == third != first
    assert [tick.text for tick in plot.y_ticks] == ["1", "2"]


def test_time_in_which_nobody_was_at_work_is_left_out():
    plot = timeline(found((0, 60), (86_400, 86_460)))
    assert [mark.title.split(": ")[1] for mark in plot.marks] == ["60 s", "60 s"]
    assert [tick.text for tick in plot.x_ticks][-1] == "2 min"


def test_trial_that_has_not_ended_reaches_to_the_latest_time():
    plot = timeline(found((0, None), (10, 100)))
    assert plot.marks[0].title == "trial 0, running: 100 s"


@pytest.mark.parametrize(("seconds", "unit"), [(30, "s"), (1000, "min"), (20_000, "h")])
def test_marks_are_in_units_that_fit(seconds, unit):
    plot = timeline(found((0, seconds)))
    assert 3 <= len(plot.x_ticks) <= 8
    assert {tick.text.split()[1] for tick in plot.x_ticks} == {unit}


def test_no_trials_have_no_timeline():
    assert timeline(found()) is None
