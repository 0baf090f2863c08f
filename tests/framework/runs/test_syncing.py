from pathlib import Path

import pytest

from framework.discovery import discover
from framework.errors import CheckpointError, StorageError
from framework.runs.syncing import sync_run
from framework.runs.tracker_records import TrackerRecord, write_tracker_records
from tests.support.recording_tracker import FILE

SUPPORT = Path(__file__).parents[2] / "support"
RECORDING = TrackerRecord({"type": "recording"})
FAILING = TrackerRecord({"type": "recording", "fails_at": 1})
UNKNOWN = TrackerRecord({"type": "recordin"})


@pytest.fixture(scope="module")
def registry():
    return discover([SUPPORT / "recording_tracker.py"], with_installed=False)


@pytest.fixture
def make_run(tmp_path):
    def make(name, **records):
        path = tmp_path / name
        path.mkdir(parents=True)
        for file in ("state.json", "meta.json"):
            (path / file).touch()
        (path / FILE).write_text("one\ntwo\n")
        write_tracker_records(path, records)
        return path

    return make


def test_run_and_its_parts_are_sent(make_run, registry):
    whole, fold = make_run("run", recording=RECORDING), make_run("run/fold-0", recording=RECORDING)
    lines = []
    assert sync_run(whole, registry, lines.append) == 2
    assert lines == [f"{whole}: 2 calls", f"{fold}: 2 calls"]


def test_what_fails_is_told_when_all_else_is_sent(make_run, registry):
    whole, fold = make_run("run", recording=FAILING), make_run("run/fold-0", recording=RECORDING)
    make_run("run/fold-1", recording=UNKNOWN)
    lines = []
    with pytest.raises(StorageError) as raised:
        sync_run(whole, registry, lines.append)
    assert lines == [f"{fold}: 2 calls"]
    failed, unknown = map(str, raised.value.faults)
    assert "tracker 'recording': ConnectionResetError: call 1" in failed
    assert "did you mean 'recording'" in unknown
    assert {fault.identifier for fault in raised.value.faults} == {"E090"}


def test_a_run_without_trackers_is_refused(tmp_path, registry):
    with pytest.raises(CheckpointError, match=r"the run has no tracker; .* \[C068\]"):
        sync_run(tmp_path, registry, pytest.fail)
