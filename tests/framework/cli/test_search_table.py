"""How a search made by hand is shown: `hand_built_search.TRIALS`."""

import io

import pytest
from rich.console import Console

from framework.cli.search_table import search_table, sparkline, trial_json, trial_line
from framework.runs.search.findings import read_findings


def drawn(table):
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]


def test_lines_tell_how_each_trial_ended(hand_built):
    findings = read_findings(hand_built)
    assert [trial_line(trial, findings) for trial in findings.trials] == [
        "trial 0000  complete  objective 0.5  1.5 min  5 of 5 done",
        "trial 0001  cannot be trained  layers.conv1: its output would be empty",
        "trial 0002  complete  objective 0.25  the best so far  1.5 min  5 of 5 done",
        "trial 0003  ended early  5 of 5 done",
        "trial 0004  failed  validation/loss is not a finite number  5 of 5 done",
        "trial 0005  complete  objective 0.1  violates bound by 2  1.5 min  5 of 5 done",
        "trial 0006  running",
        "trial 0008  one too many",
    ]


def test_table_has_the_best_first_and_curves(hand_built):
    lines = drawn(search_table(read_findings(hand_built), "0:01:00 left"))
    assert lines[0].strip() == (
        "5 of 5 trials done, 1 ended early, 1 failed, 1 draws could not be trained  0:01:00 left"
    )
    assert [line.split()[0] for line in lines[3:]] == ["2", "0", "3", "4", "5", "6"]
    assert lines[3].split() == ["2", "complete", "0.25", "3", "█▃▁"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], ""),
        ([1.0], "▁"),
        ([2.0, 2.0], "▁▁"),
        ([0.0, 0.5, 1.0], "▁▅█"),
        ([9.0] + [1.0] * 20, "▁" * 20),
    ],
)
def test_curves_reach_from_their_smallest_to_their_largest_value(values, text):
    assert sparkline(values) == text


def test_trial_as_plain_values_has_its_times_as_text(hand_built):
    trial = trial_json(read_findings(hand_built).trials[6])
    assert (trial["started"], trial["ended"]) == ("2026-01-02T12:07:00", None)
    assert trial["curve"] == {1: 0.7}
