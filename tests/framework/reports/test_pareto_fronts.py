from dataclasses import replace
from pathlib import Path

from framework.reports.pareto_fronts import fronts
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial, SoughtValue

LOSS, SIZE = SoughtValue("loss", "minimize", {}), SoughtValue("size", "minimize", {})
PSNR = SoughtValue("psnr", "maximize", {})


def found(values, sought=(LOSS, SIZE)):
    trials = [FoundTrial(number, "complete", each) for number, each in enumerate(values)]
    return SearchFindings(Path(), 9, sought, trials)


def places(mark):
    return [tuple(map(float, point.split())) for point in mark.path[1:].split("L")]


def test_front_is_drawn_as_stairs_below_which_no_trial_stands():
    (plot,) = fronts(found([(5.0, 1.0), (2.0, 6.0), (1.0, 5.0)]))
    stairs, *dots = plot.marks
    assert [mark.style for mark in dots] == ["dot c0", "dot c1", "dot c1"]
    assert dots[0].title == "trial 1: 2, 6"
    (first, corner, last) = places(stairs)
    assert corner == (last[0], first[1])
    assert first[0] < last[0]
    assert first[1] < last[1]  # downwards
    assert plot.words[0].text == "↙ better"


def test_large_values_are_the_best_where_they_are_sought():
    (plot,) = fronts(found([(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)], [PSNR, PSNR]))
    assert [mark.style for mark in plot.marks] == ["line c1 dashed", "dot c0", "dot c1", "dot c1"]
    assert plot.words[0].text == "better ↗"


def test_trial_that_violates_constraints_is_not_on_the_front():
    findings = found([(1.0, 1.0), (2.0, 2.0)])
    bound = replace(
        findings, trials=[replace(findings.trials[0], violation=1.0), findings.trials[1]]
    )
    (plot,) = fronts(bound)
    assert [mark.style for mark in plot.marks] == ["dot out", "dot c1"]
    assert [name for _, name in plot.legend] == [
        "on the Pareto front",
        "complete",
        "violates constraints",
    ]


def test_first_of_many_objectives_is_drawn_against_each_of_the_others():
    plots = fronts(found([(1.0, 2.0, 3.0), (2.0, 1.0, 4.0)], [LOSS, SIZE, PSNR]))
    assert [plot.title.partition(" (")[0] for plot in plots] == ["size", "psnr"]
    assert {mark.style for plot in plots for mark in plot.marks} == {"dot c1"}
    assert fronts(found([(1.0,)], [LOSS])) == []
    assert fronts(found([])) == []
