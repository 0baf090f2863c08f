"""Jobs whose file is the script that their process executes, and a cluster of processes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from framework.jobs import Job

PYTHON = sys.executable  # what `script` replaces
WORKER = """
import sys
from pathlib import Path
sys.executable, is_elsewhere, home = sys.argv[1], sys.argv[2] == "elsewhere", sys.argv[3]
if is_elsewhere:  # what this machine's disk does not hold
    is_file = Path.is_file
    Path.is_file = lambda path: not str(path).startswith(home) and is_file(path)
    def refuse(event, values):
        if event == "open" and str(values[0]).startswith(home):
            raise PermissionError(f"{values[0]} is on another machine")
    sys.addaudithook(refuse)
from distributed.cli.dask_worker import main
main(sys.argv[4:])
"""


@pytest.fixture
def cores(monkeypatch):
    """Sets the number of cores that there seem to be."""

    def cores(number):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(number)))

    cores(4)
    return cores


@pytest.fixture
def script(tmp_path, monkeypatch, cores):  # noqa: ARG001
    """Makes jobs of shell scripts, which stand in for `python -m framework job FILE`."""
    interpreter = tmp_path / "interpreter"
    interpreter.write_text('#!/bin/sh\n[ "$1 $2 $3" = "-m framework job" ] && . "$4"\n')
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))

    def script(name, text):
        file = tmp_path / f"{name}.sh"
        file.write_text(f"{text}\n")
        return Job(name, file)

    return script


class Cluster:
    """A scheduler and workers, a process each; with an address, only the workers."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        if address:
            self.address = address
            return
        log = self._begin("scheduler", ["-m", "distributed.cli.dask_scheduler"], "--port=0")
        self.address = self._told(log, r"Scheduler at:\s+(tcp://\S+)")

    def begin_worker(self, name, home, *, interpreter, is_elsewhere=False, **options):
        """Begin a worker; `is_elsewhere` hides the folder `home` from it."""
        scratch = self.folder / f"scratch-{name}"
        scratch.mkdir()
        settings = {"nthreads": 1, "local-directory": scratch, "host": "127.0.0.1", **options}
        words = [f"--{key}={value}" for key, value in settings.items()]
        where = "elsewhere" if is_elsewhere else "here"
        place = [str(interpreter), where, str(home)]
        log = self._begin(name, ["-c", WORKER, *place], self.address, "--no-nanny", *words)
        self._told(log, r"(Registered to)")
        return self.processes[name]

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()

    def _begin(self, name, program, *words):
        log = self.folder / f"{name}.log"
        bound = ["--host=127.0.0.1"] if name == "scheduler" else []
        command = [PYTHON, *program, *words, *bound, "--no-dashboard"]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file, cwd=self.folder)
        self.processes[name] = process
        return log

    def _told(self, log, pattern):
        deadline = time.monotonic() + 60
        while not (found := re.search(pattern, log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        return found[1]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler that several tests have workers at, one after the other."""
    cluster = Cluster(tmp_path_factory.mktemp("scheduler"))
    yield cluster.address
    cluster.end()


@pytest.fixture
def cluster(tmp_path, scheduler):
    """Workers of the test's own."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder, scheduler)
    yield cluster
    cluster.end()


@pytest.fixture
def mortal_cluster(tmp_path):
    """A cluster whose scheduler is the test's own, too."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder)
    yield cluster
    cluster.end()


@pytest.fixture
def python():
    """The interpreter that `script` replaces."""
    return PYTHON
