"""A search whose study is in PostgreSQL, on a real server of our own, where one is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest
from ignite.engine import Events

from framework.application import run
from framework.contracts import Handler
from framework.errors import StorageError
from framework.runs.records import read_state
from framework.runs.search.findings import read_findings
from framework.runs.search.storages import Heartbeat, close_storage, open_storage

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[3] / "support"
RECIPE = """extends: {tiny}
name: tiny-search
training: {{num_epochs: 1}}
figures: []
search:
  num_trials: 2
  sampler: random
  storage: "{url}"
  space:
    optimizer.lr: {{low: 0.001, high: 0.1, log: true}}
"""


def program(name):
    """Where a program of PostgreSQL is; None where it is not installed."""
    found = shutil.which(name)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found or (str(installed[-1]) if installed else None)


def user():
    """The user to be, as PostgreSQL refuses to be root; None where nobody else can be found."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


class Server:
    """A server that listens on a socket in a folder of its own, started and stopped at will."""

    def __init__(self, folder, owner):
        self._folder, self._owner = folder, owner
        self._data = str(folder / "data")
        self.url = f"postgresql+psycopg://searcher@/postgres?host={folder}"
        given = ["-U", "searcher", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"]
        self._carry_out("initdb", "-D", self._data, *given)

    def start(self):
        settings = f"-c listen_addresses='' -c fsync=off -k {self._folder}"
        log = f"{self._folder}/log"
        self._carry_out("pg_ctl", "-D", self._data, "-o", settings, "-l", log, "-w", "start")

    def stop(self):
        self._carry_out("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def _carry_out(self, name, *given):
        owner = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        subprocess.run(
            [program(name), *given],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            **(owner if os.geteuid() == 0 else {}),
        )


@pytest.fixture(scope="module")
def server():
    """A server of our own, started."""
    owner = user()
    if program("initdb") is None or program("pg_ctl") is None:
        pytest.skip("PostgreSQL is not installed")
    if owner is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # the path of a socket must be short
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        server = Server(folder, owner)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def recipe(server, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.format(tiny=SUPPORT / "tiny.yaml", url=server.url))
    return path


class Outage(Handler):
    """Stops a server in the second trial, and starts it again after a while, if at all."""

    def __init__(self, server, seconds=None):
        self._server, self._seconds = server, seconds

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        if run.label == "trial 0001":
            trainer.add_event_handler(Events.EPOCH_STARTED(once=1), self._stop)

    def _stop(self):
        self._server.stop()
        if self._seconds is not None:
            threading.Timer(self._seconds, self._server.start).start()


def searched(recipe, folder, *overrides, **options):
    given = {"announce": [].append, "warn": pytest.fail} | options
    return run(
        recipe,
        overrides=overrides,
        plugins=[SUPPORT / "tiny_images.py"],
        runs_directory=folder / "runs",
        device="cpu",
        **given,
    )


def test_search_is_carried_out_and_gone_on_with(server, recipe, tmp_path):
    first = searched(recipe, tmp_path)
    assert (first.status, read_findings(first.directory).num_done) == ("finished", 2)
    again = searched(recipe, tmp_path, "search.num_trials=3")
    assert again.directory == first.directory
    findings = read_findings(again.directory)
    assert [trial.ending for trial in findings.trials] == ["complete"] * 3
    assert not (again.directory / "study.db").exists()
    storage = open_storage(server.url, lambda _study, _trial: None, Heartbeat())
    name = f"tiny-search/{again.directory.name}"
    assert optuna.get_all_study_names(storage) == [name]
    close_storage(storage)


def test_server_that_is_lost_in_a_trial_is_waited_for(server, recipe, tmp_path):
    said = []
    lost = {"handlers": [Outage(server, seconds=1.0)], "warn": said.append}
    record = searched(recipe, tmp_path, "name=waited", **lost)
    assert record.status == "finished"
    assert [t.attempts for t in read_findings(record.directory).of("complete")] == [1, 1]
    assert len(said) == 1
    assert "cannot be reached" in said[0]


def test_server_that_does_not_come_back_costs_no_trial(server, recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("framework.runs.search.studies._SECONDS", 0.5)
    lost = {"handlers": [Outage(server)], "warn": [].append}
    with pytest.raises(StorageError, match=r"tried for 0\.5 s") as caught:
        searched(recipe, tmp_path, "name=lost", **lost)
    assert caught.value.exit_code == 7
    (directory,) = (tmp_path / "runs" / "lost").iterdir()
    assert read_state(directory).status == "failed"
    server.start()
    assert searched(recipe, tmp_path, "name=lost").status == "finished"
    trials = read_findings(directory).of("complete")
    assert [trial.run for trial in trials] == ["trial-0000", "trial-0001"]
