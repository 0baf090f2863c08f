"""Ctrl-C and SIGTERM end a run in good order; the same command goes on to the same bits."""

import json
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from run_digest import differences, digest_of

from framework.application import run
from framework.cli.main import main
from framework.runs.directory import RunDirectory

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
RECIPE, PLUGIN = SUPPORT / "tiny.yaml", SUPPORT / "tiny_images.py"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What the run ends with when nothing disturbs it; a pause changes no bit."""
    record = run(
        RECIPE, plugins=[PLUGIN], runs_directory=tmp_path_factory.mktemp("runs"), announce=ignore
    )
    return digest_of(record.directory)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_command_in_good_order(tmp_path, reference, number):
    delay_seconds = random.uniform(0, 0.8)  # noqa: S311  nothing secret
    with command(tmp_path, pause_seconds=0.02) as process:
        directory = wait_for(process, "run directory: ")
        wait_for(process, "pausing")
        time.sleep(delay_seconds)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + number, f"after {delay_seconds} s: {errors}"
    assert f"framework run {directory}" in errors
    assert "Traceback" not in errors
    assert status_of(directory) == "interrupted"
    record = run(directory, announce=ignore)
    assert record.status == "early_stopped"
    assert differences(reference, digest_of(directory)) == []


def test_second_interrupt_stops_at_once(tmp_path):
    with command(tmp_path, pause_seconds=30.0, after_epoch=1) as process:
        directory = wait_for(process, "run directory: ")
        wait_for(process, "pausing")
        saved = (directory / "state.json").read_bytes()
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None  # the iteration at work is finished first
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)  # less than the pause
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert status_of(directory) == "running"
    assert (directory / "state.json").read_bytes() == saved


def test_run_at_work_is_locked(tmp_path, capsys):
    with command(tmp_path, pause_seconds=30.0) as process:
        directory = wait_for(process, "run directory: ")
        recipe = [str(tmp_path / "paused.yaml"), "--plugin", str(PLUGIN)]
        for asked in ([*recipe, "--runs-dir", str(tmp_path / "runs")], [str(directory)]):
            assert main(["run", *asked]) == 75
            assert f"locked by process {process.pid}" in capsys.readouterr().err
        assert process.poll() is None
        process.kill()
        process.wait()
    with RunDirectory(directory).lock():  # it died with its holder
        assert status_of(directory) == "running"


def write_recipe(folder, *, pause_seconds, after_epoch=0):
    pause = f"{{type: pause, seconds: {pause_seconds}, after_epoch: {after_epoch}}}"
    path = folder / "paused.yaml"
    path.write_text(f"extends: {RECIPE}\nname: tiny\nhandlers: [cooling, {pause}]\n")
    return path


@contextmanager
def command(folder, **pause):
    """A real `framework run` that takes its time."""
    asked = [str(write_recipe(folder, **pause)), "--runs-dir", str(folder / "runs")]
    process = subprocess.Popen(
        [sys.executable, "-m", "framework", "run", *asked, "--plugin", str(PLUGIN)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process, beginning):
    """Read what the command says until a line begins like this; answer the rest as a path."""
    for line in process.stdout:
        if line.startswith(beginning):
            return Path(line.removeprefix(beginning).strip())
    return pytest.fail(f"never said {beginning!r}: {process.stderr.read()}")


def status_of(directory):
    return json.loads((directory / "state.json").read_text())["status"]


def ignore(line):
    pass
