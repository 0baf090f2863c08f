from dataclasses import replace
from pathlib import Path

import pytest

from framework.reports.search_plots import (
    by_importance,
    curves,
    history,
    importances,
    short_names,
    slices,
)
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial, SoughtValue

LR, KIND = "optimizer.lr", "optimizer.type"


def found(values, **more):
    trials = [
        FoundTrial(number, "complete", (value,), parameters={LR: 10.0**-number, KIND: "adam"})
        for number, value in enumerate(values)
    ]
    sought = [SoughtValue("objective", "minimize", {})]
    return SearchFindings(Path(), 9, sought, trials, frozenset({LR}), **more)


def places(mark):
    return [tuple(map(float, point.split())) for point in mark.path[1:].split("L")]


def test_history_has_a_dot_per_trial_and_stairs_that_only_descend():
    findings = found([3.0, 1.0, 2.0, 0.5])
    early = FoundTrial(4, "pruned", curve={1: 9.0, 2: 4.0})
    plot = history(replace(findings, trials=[*findings.trials, early]), 0)
    dots, stairs = plot.marks[:-1], plot.marks[-1]
    assert [mark.title for mark in dots] == [
        "trial 4: 4",
        "trial 0: 3",
        "trial 1: 1",
        "trial 2: 2",
        "trial 3: 0.5",
    ]
    heights = [y for _, y in places(stairs)]
    assert heights == sorted(heights)  # downwards
    assert len(set(heights)) == 3
    assert [name for _, name in plot.legend][-1] == "ended early, last value"


def test_best_so_far_leaves_out_what_violates_constraints():
    findings = found([3.0, 1.0, 2.0])
    trials = [findings.trials[0], replace(findings.trials[1], violation=1.0), findings.trials[2]]
    stairs = history(replace(findings, trials=trials), 0).marks[-1]
    assert len({y for _, y in places(stairs)}) == 2
    assert history(replace(findings, trials=[]), 0) is None


def test_best_so_far_rises_where_large_values_are_sought():
    findings = replace(found([1.0, 3.0, 2.0]), sought=[SoughtValue("a", "maximize", {})])
    heights = [y for _, y in places(history(findings, 0).marks[-1])]
    assert heights == sorted(heights, reverse=True)


def test_importances_are_bars_with_their_share():
    plot = importances(found([1.0, 2.0], importances=[{LR: 0.75, KIND: 0.25}]), 0)
    assert [words.text for words in plot.words] == ["lr", "75%", "type", "25%"]
    long, short = (float(mark.path.split("H")[1]) for mark in plot.marks)
    assert long > short
    assert importances(found([1.0]), 0) is None


def test_importances_of_many_dimensions_leave_out_those_that_tell_nothing():
    shares = {f"place.value{number}": 0.2 if number < 5 else 0.001 for number in range(20)}
    plot = importances(found([1.0, 2.0], importances=[shares]), 0)
    assert plot.title == "importance (15 more below 1%)"
    assert len(plot.marks) == 5


def test_importances_of_no_trials_are_not_drawn():
    assert importances(found([1.0], importances=[{}]), 0) is None


def test_slices_come_in_the_order_of_importance_and_mark_the_best():
    findings = found([2.0, 1.0], importances=[{KIND: 0.9}])
    kinds, rates = slices(findings, 0)
    assert (kinds.title, rates.title) == ("type", "lr (logarithmic)")
    assert [mark.style for mark in rates.marks] == ["dot c0", "dot c1"]
    assert [tick.text for tick in kinds.x_ticks] == ["adam"]
    assert slices(replace(findings, trials=[]), 0) == []
    assert by_importance(found([1.0]), 0) == [LR, KIND]


def test_trials_that_violate_constraints_step_back():
    findings = found([3.0, 1.0, 2.0])
    trials = [*findings.trials[:2], replace(findings.trials[2], violation=1.0)]
    bound = replace(findings, trials=trials)
    dots = history(bound, 0).marks[:-1]
    assert [mark.style for mark in dots] == ["dot c0", "dot c0", "dot out"]
    assert ("dot out", "violates constraints") in history(bound, 0).legend
    assert ("dot out", "violates constraints") not in history(findings, 0).legend
    assert [mark.style for mark in slices(bound, 0)[0].marks] == ["dot c0", "dot c1", "dot out"]


def test_curves_are_those_of_trials_that_reported_some():
    findings = found([2.0, 1.0])
    trials = [replace(each, curve={1: 3.0, 2: each.values[0]}) for each in findings.trials]
    chart = curves(replace(findings, trials=trials))
    assert [line.label for line in chart.lines] == ["", "trial 1"]
    assert curves(findings) is None


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a.lr", "b.size"], ["lr", "size"]),
        (["a.lr", "b.lr", "c.x.lr"], ["a.lr", "b.lr", "x.lr"]),
        (["lr", "a.lr"], ["lr", "a.lr"]),
    ],
)
def test_names_are_as_short_as_they_can_be_told_apart(names, short):
    assert list(short_names(names).values()) == short
