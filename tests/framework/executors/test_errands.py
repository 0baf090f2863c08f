"""What a worker does for a job; a job's file is the script that its process executes."""

import subprocess
import time

import pytest

from framework.executors.dask import Dask

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 30


def test_every_job_has_gpus_of_its_own_and_gives_them_back(cluster, script, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5")
    options = {"nthreads": 2, "resources": "GPU=2"}
    cluster.begin_worker("w", tmp_path, interpreter=tmp_path / "interpreter", **options)
    words = f'echo "$CUDA_VISIBLE_DEVICES" >> {tmp_path}/gpus; sleep 0.3; exit 0'
    executor = Dask(address=cluster.address, num_gpus=1)
    assert executor.num_workers(9) == 2
    assert Dask(address=cluster.address, num_gpus=2).num_workers(9) == 1
    jobs = [script(f"job {number}", words) for number in range(4)]
    executor.carry_out(jobs, num_threads=1, report=print, is_stopped=lambda: False)
    used = (tmp_path / "gpus").read_text().split()
    assert [sorted(used[:2]), sorted(used[2:])] == [["4", "5"], ["4", "5"]]


def test_job_ends_when_nobody_waits_for_it_any_more(cluster, tmp_path, script, python):
    cluster.begin_worker("w", tmp_path, interpreter=tmp_path / "interpreter")
    script("a", f"trap 'touch {tmp_path}/ended' TERM; touch {tmp_path}/begun; read line; exit 1")
    caller = (
        "from pathlib import Path\n"
        "from framework.executors.dask import Dask\n"
        "from framework.jobs import Job\n"
        f"Dask(address={cluster.address!r}).carry_out([Job('a', Path({str(tmp_path)!r}, 'a.sh'))],"
        " num_threads=1, report=print, is_stopped=lambda: False)\n"
    )
    with subprocess.Popen([python, "-c", caller]) as process:
        wait_for(tmp_path / "begun")
        process.kill()
    wait_for(tmp_path / "ended")


def wait_for(path):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.05)
