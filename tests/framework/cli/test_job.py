"""A job carries out the run that its file names, and ends with whoever called it."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from framework.application import run
from framework.cli.job import _end_with_parent
from framework.cli.main import main

SUPPORT = Path(__file__).parents[2] / "support"


@pytest.fixture
def terminated():
    """Is set when SIGTERM comes."""
    event = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


def write_job(folder, **changes):
    record = run(
        SUPPORT / "tiny.yaml",
        overrides=["training.num_epochs=1"],
        plugins=[SUPPORT / "tiny_images.py"],
        runs_directory=folder / "runs",
        announce=lambda _: None,
        device="cpu",
    )
    job = {"format": 1, "run": str(record.directory), "device": "cpu", "exact": False}
    job |= {"force": False, "allow_data_change": False, "runs_directory": str(folder / "runs")}
    job |= {"track": [], "trust_storage": False, "worker": None} | changes
    file = folder / "job.json"
    file.write_text(json.dumps(job))
    return file


@pytest.mark.slow
def test_job_carries_its_run_out(tmp_path, capsys):
    file = write_job(tmp_path)
    (state,) = (tmp_path / "runs").glob("tiny/*/state.json")
    values = json.loads(state.read_text())
    state.write_text(json.dumps(values | {"status": "running"}))  # killed before it was measured
    assert main(["job", str(file)]) == 0
    assert f"continuing {state.parent} after epoch 1 of 1" in capsys.readouterr().out
    assert json.loads(state.read_text())["status"] == "finished"


def test_job_that_is_over_is_told_as_json(tmp_path, capsys):
    file = write_job(tmp_path)
    assert main(["job", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "finished"


@pytest.mark.parametrize(
    ("text", "identifier"), [("{", "C058"), ('{"format": 9}', "C063"), (None, "C058")]
)
def test_file_that_is_no_job_is_refused(tmp_path, capsys, text, identifier):
    file = tmp_path / "job.json"
    if text is not None:
        file.write_text(text)
    assert main(["job", str(file)]) == 5
    assert f"[{identifier}]" in capsys.readouterr().err


def test_job_is_not_for_people(capsys):
    assert main(["--help"]) == 0
    assert "job" not in capsys.readouterr().out.split()


def test_end_of_the_caller_is_a_request_to_end(terminated):
    stdin, caller = os.pipe()
    _end_with_parent(stdin)
    os.write(caller, b"still here")
    assert not terminated.wait(0.1)
    os.close(caller)
    assert terminated.wait(10)
    os.close(stdin)


def test_stdin_that_is_no_pipe_says_nothing_of_the_caller():
    before = threading.active_count()
    with Path(os.devnull).open() as nowhere:
        _end_with_parent(nowhere.fileno())
    closed, writer = os.pipe()
    os.close(closed)
    os.close(writer)
    _end_with_parent(closed)
    assert threading.active_count() == before
