import json

import pytest

from framework.errors import StorageError
from framework.reports.reporting import COMPARISON, report_if_over, report_runs
from framework.runs.records import RunState


def test_one_run_is_reported_and_several_are_compared(make_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = make_run("one"), make_run("two")
    assert report_runs([first]) == first / "report.html"
    assert report_runs([str(first), second]).name == COMPARISON
    assert (tmp_path / COMPARISON).is_file()
    assert report_runs([first, second], "else.html").is_file()
    assert report_runs([first], tmp_path / "one.html").is_file()


def test_place_that_cannot_be_written_to_is_told(make_run, tmp_path):
    with pytest.raises(StorageError, match="gone"):
        report_runs([make_run()], tmp_path / "nowhere" / "page.html")


def test_only_a_run_that_is_over_is_reported(make_run):
    warnings = []
    over, begun = make_run("over"), make_run("begun", state=RunState())
    report_if_over(over, warnings.append)
    report_if_over(begun, warnings.append)
    assert (over / "report.html").is_file()
    assert not (begun / "report.html").exists()
    assert warnings == []


def test_report_is_written_whatever_a_killed_process_has_left(make_run):
    run, warnings = make_run(), []
    (run / ".tmp-trial-0004-0123abcd" / "figures").mkdir(parents=True)
    report_if_over(run, warnings.append)
    assert warnings == []
    assert (run / "report.html").is_file()
    assert not [*run.glob(".tmp-*")]


def test_part_that_is_over_is_reported_once_and_before_the_others(make_folds, state):
    run = make_folds()
    (run / "state.json").write_text(json.dumps(RunState().as_json()))
    (run / "fold-1" / "state.json").write_text(json.dumps(RunState().as_json()))
    pages = [run / "report.html", run / "fold-0" / "report.html", run / "fold-1" / "report.html"]
    report_if_over(run, [].append)
    assert [page.exists() for page in pages] == [False, True, False]
    pages[1].write_text("as it was")
    for directory in (run, run / "fold-1"):
        (directory / "state.json").write_text(json.dumps(state.as_json()))
    report_if_over(run, [].append)
    assert [page.exists() for page in pages] == [True, True, True]
    assert pages[1].read_text() == "as it was"
    report_runs([run])
    assert pages[1].read_text() != "as it was"


@pytest.mark.parametrize("damage", ['{"name": 3}', "{", "[]"])
def test_report_that_cannot_be_made_is_a_warning(damage, make_run):
    run, warnings = make_run(), []
    (run / "meta.json").write_text(damage)
    report_if_over(run, warnings.append)
    (warning,) = warnings
    assert warning.startswith(f"{run}: the report could not be written (")
    assert warning.endswith(f"try again with: framework report {run}")
