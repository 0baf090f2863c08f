import pytest

from framework.runs.tracker_records import (
    TrackerRecord,
    read_tracker_records,
    troubles_in,
    write_tracker_records,
)

RECORD = TrackerRecord({"type": "wandb", "tags": ["a"]}, "https://somewhere")
FAILED = TrackerRecord({"type": "wandb"}, "https://somewhere", errors=("log failed", "again"))
OFF = TrackerRecord({"type": "wandb"}, errors=("log failed",), off="3 errors")


def test_records_come_back_as_they_were_written(tmp_path):
    records = {"wandb": RECORD, "wandb-2": FAILED, "tensorboard": OFF}
    write_tracker_records(tmp_path, records)
    assert read_tracker_records(tmp_path) == records


@pytest.mark.parametrize("text", ["", "[]", "{", '{"wandb": 3}', '{"wandb": {"where": ""}}'])
def test_a_damaged_file_counts_as_none(tmp_path, text):
    (tmp_path / "trackers.json").write_text(text)
    assert read_tracker_records(tmp_path) == {}


def test_a_run_without_trackers_has_no_records(tmp_path):
    assert read_tracker_records(tmp_path) == {}
    assert troubles_in(tmp_path) == []


def test_line_says_where_to_look_and_what_failed():
    assert RECORD.line == "https://somewhere"
    assert FAILED.line == "https://somewhere; 2 of its calls failed: log failed"
    assert OFF.line == "off: 3 errors"


def test_troubles_are_those_of_trackers_that_failed(tmp_path):
    write_tracker_records(tmp_path, {"tensorboard": RECORD, "wandb": OFF})
    assert troubles_in(tmp_path) == ["tracker 'wandb': off: 3 errors"]
