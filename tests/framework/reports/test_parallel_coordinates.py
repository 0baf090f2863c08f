from pathlib import Path

from framework.reports.parallel_coordinates import parallel_coordinates
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial, SoughtValue


def found(num_trials, num_dimensions=2):
    trials = [
        FoundTrial(
            number,
            "complete",
            (float(number),),
            parameters={f"net.d{d}": number + d for d in range(num_dimensions)},
        )
        for number in range(num_trials)
    ]
    return SearchFindings(Path(), 20, [SoughtValue("objective", "minimize", {})], trials)


def test_every_trial_is_a_line_through_all_dimensions_and_its_value():
    plot = parallel_coordinates(found(10))
    stems = [mark for mark in plot.marks if mark.style == "line stem"]
    lines = [mark for mark in plot.marks if mark.style != "line stem"]
    assert len(stems) == 3
    assert all(mark.path.count("L") == 2 for mark in lines)
    assert [mark.style for mark in lines] == [f"line g{g}" for g in (4, 4, 3, 3, 2, 2, 1, 1, 0, 0)]
    assert lines[-1].title == "trial 0: 0"
    assert [words.text for words in plot.words[:3]] == ["d0", "d1", "objective"]


def test_large_values_are_the_best_where_they_are_sought():
    findings = found(5)
    plot = parallel_coordinates(
        SearchFindings(Path(), 5, [SoughtValue("psnr", "maximize", {})], findings.trials)
    )
    assert plot.marks[-1].title == "trial 4: 4"


def test_only_what_matters_most_is_drawn_and_a_single_trial_is_nothing():
    plot = parallel_coordinates(found(3, num_dimensions=20))
    assert len([mark for mark in plot.marks if mark.style == "line stem"]) == 10
    assert parallel_coordinates(found(1)) is None


def test_front_stands_out_of_several_objectives_and_what_is_not_allowed_steps_back():
    values = [(1.0, 5.0), (2.0, 6.0), (5.0, 1.0), (0.5, 0.5)]
    trials = [
        FoundTrial(n, "complete", each, parameters={"net.d": n}, violation=float(n == 3))
        for n, each in enumerate(values)
    ]
    sought = [SoughtValue("loss", "minimize", {}), SoughtValue("size", "minimize", {})]
    plot = parallel_coordinates(SearchFindings(Path(), 4, sought, trials))
    lines = [mark for mark in plot.marks if mark.style != "line stem"]
    assert [mark.style for mark in lines] == ["line out", "line g2", "line g0", "line g0"]
    assert lines[0].title == "trial 3: 0.5, 0.5"
    assert [name for _, name in plot.legend] == [
        "on the Pareto front",
        "complete",
        "violates constraints",
    ]
    assert [words.text for words in plot.words[:3]] == ["d", "loss", "size"]
