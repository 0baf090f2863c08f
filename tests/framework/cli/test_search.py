"""`framework search` on a search made by hand: `hand_built_search.TRIALS`."""

import json

import pytest

from framework.cli.main import main


@pytest.mark.slow
def test_best_prints_a_recipe_that_can_be_run(hand_built, capsys):
    assert main(["search", "best", str(hand_built)]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[:3] == [
        f"# trial-0002 of the search {hand_built.name}: objective 0.25",
        "name: tiny-best",
        "format: 1",
    ]
    assert not text.endswith("\n\n")


def test_best_as_json_has_the_value_too(hand_built, capsys):
    assert main(["search", "best", str(hand_built), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["trial"], found["values"]) == (2, {"objective": 0.25})
    assert "name: tiny-best" in found["recipe"]


def test_run_is_found_by_its_name(hand_built, capsys):
    words = ["search", "best", hand_built.name[:8], "--runs-dir", str(hand_built.parents[1])]
    assert main(words) == 0
    assert "tiny-best" in capsys.readouterr().out


def test_trials_are_a_line_each(hand_built, capsys):
    assert main(["search", "trials", str(hand_built)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert "the best so far" in lines[2]
    assert main(["search", "trials", str(hand_built), "--json"]) == 0
    trials = json.loads(capsys.readouterr().out)["trials"]
    assert trials[1]["ending"] == "infeasible"
    assert trials[1]["started"] == "2026-01-02T12:01:00"


def test_trial_that_was_not_trained_is_a_fault(hand_built, capsys):
    assert main(["search", "best", str(hand_built), "--trial", "1"]) == 9
    assert "no trial 1 that was trained" in capsys.readouterr().err


def test_run_that_is_no_search_is_wrong_usage(hand_built, capsys):
    assert main(["search", "best", str(hand_built / "trial-0002")]) == 2
    assert "is no search" in capsys.readouterr().err
