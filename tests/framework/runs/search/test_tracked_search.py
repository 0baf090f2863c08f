from pathlib import Path

import pytest

from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial, SoughtValue
from framework.runs.search.tracked_search import pictures_of_search, table_of

LR, KIND = "optimizer.lr", "networks.encoder"
COST = SoughtValue("objective", "minimize", {})


def findings_of(*sought, num_complete=3, **more):
    trials = [
        FoundTrial(
            number,
            "complete",
            (0.5 / number,) * len(sought),
            parameters={LR: 10.0**-number, KIND: "deep"},
            curve={1: 0.7, 4: 0.5},
            minutes=1.5,
            run=f"trial-{number:04}",
        )
        for number in range(1, num_complete + 1)
    ]
    lost = FoundTrial(9, "infeasible", parameters={LR: 0.5}, reason="no layer is that small")
    return SearchFindings(Path(), 9, sought, [*trials, lost], frozenset({LR}), **more)


def test_table_has_what_was_drawn_what_it_is_worth_and_why_it_ended():
    columns, rows = table_of(findings_of(COST))
    assert columns == ["trial", "ending", "objective", LR, KIND, "epochs", "minutes", "reason"]
    assert rows[0] == ["trial-0001", "complete", 0.5, 0.1, "deep", 4, 1.5, ""]
    reason = "no layer is that small"
    assert rows[-1] == ["9", "infeasible", None, 0.5, None, None, None, reason]


def test_values_of_a_table_are_plain():
    trial = FoundTrial(0, "complete", (0.5,), parameters={KIND: 0}, overrides={KIND: {"deep": [1]}})
    _, rows = table_of(SearchFindings(Path(), 1, [COST], [trial]))
    assert rows[0][3] == "{'deep': [1]}"


@pytest.mark.slow
def test_pictures_show_history_dimensions_and_importances_of_each_objective():
    sought = COST, SoughtValue("psnr", "maximize", {})
    findings = findings_of(*sought, num_complete=2, importances=[{LR: 0.9, KIND: 0.1}, {}])
    pictures = pictures_of_search(findings)
    assert sorted(pictures) == [
        "search/dimensions/objective",
        "search/dimensions/psnr",
        "search/history/objective",
        "search/history/psnr",
        "search/importances/objective",
    ]
    for picture in pictures.values():
        assert picture.shape[2] == 3
        assert picture.min() < 100 < picture.max()


def test_a_single_objective_need_not_be_named():
    assert "search/history" in pictures_of_search(findings_of(COST, num_complete=1))


@pytest.mark.parametrize("sought", [(), (COST,)])
def test_search_without_a_value_has_no_pictures(sought):
    assert pictures_of_search(findings_of(*sought, num_complete=0)) == {}
