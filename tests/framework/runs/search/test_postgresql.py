"""A search whose study is in PostgreSQL, on a real server of our own, where one is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest

from framework.application import run
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


@pytest.fixture(scope="module")
def server():
    """The URL of a database on a server that listens on a socket in a folder of its own."""
    initdb, pg_ctl, owner = program("initdb"), program("pg_ctl"), user()
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL is not installed")
    if owner is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # the path of a socket must be short
    os.chown(folder, owner.pw_uid, owner.pw_gid)

    def carry_out(*command):
        is_root = os.geteuid() == 0
        subprocess.run(
            command,
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **(
                {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if is_root else {}
            ),
        )

    data = str(folder / "data")
    settings = f"-c listen_addresses='' -c fsync=off -k {folder}"
    try:
        carry_out(
            initdb,
            "-D",
            data,
            "-U",
            "searcher",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        )
        carry_out(pg_ctl, "-D", data, "-o", settings, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql+psycopg://searcher@/postgres?host={folder}"
        finally:
            carry_out(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def searched(recipe, folder, *overrides):
    return run(
        recipe,
        overrides=overrides,
        plugins=[SUPPORT / "tiny_images.py"],
        runs_directory=folder / "runs",
        device="cpu",
        announce=[].append,
    )


def test_search_is_carried_out_and_gone_on_with(server, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(tiny=SUPPORT / "tiny.yaml", url=server))
    first = searched(recipe, tmp_path)
    assert (first.status, read_findings(first.directory).num_done) == ("finished", 2)
    again = searched(recipe, tmp_path, "search.num_trials=3")
    assert again.directory == first.directory
    findings = read_findings(again.directory)
    assert [trial.ending for trial in findings.trials] == ["complete"] * 3
    assert not (again.directory / "study.db").exists()
    storage = open_storage(server, lambda _study, _trial: None, Heartbeat())
    name = f"tiny-search/{again.directory.name}"
    assert optuna.get_all_study_names(storage) == [name]
    close_storage(storage)
