"""Jobs on a scheduler and separate worker processes; a job's file is the script it executes."""

import signal
import time

import pytest

from framework.errors import StorageError
from framework.executors import campaigns, clusters
from framework.executors.dask import Dask
from framework.jobs import Job

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 30


@pytest.fixture
def at_work(cluster, script, tmp_path):  # noqa: ARG001  which makes the interpreter
    """Begins workers, and makes jobs with a folder of their own."""
    return at_work_on(cluster, tmp_path)


def at_work_on(cluster, tmp_path):
    home = tmp_path / "home"

    def at_work(number, **options):
        return [
            cluster.begin_worker(f"w{i}", home, interpreter=tmp_path / "interpreter", **options)
            for i in range(number)
        ]

    def job(name, text):
        folder = home / name
        folder.mkdir(parents=True)
        (folder / "job.sh").write_text(f'cd "$(dirname "$4")"\n{text}\n')
        return Job(name, folder / "job.sh")

    at_work.job, at_work.home, at_work.address = job, home, cluster.address
    return at_work


def carried_out(address, jobs, look=lambda _lines: False):
    lines = []
    outcomes = Dask(address=address).carry_out(
        jobs, num_threads=1, report=lines.append, is_stopped=lambda: look(lines)
    )
    return [outcome.exit_code for outcome in outcomes], lines


def test_job_of_a_worker_that_is_killed_is_taken_over_by_another(at_work):
    workers = at_work(2)
    # saves first; then waits for the end of whoever began it
    saves = "[ -e saved ] && exec echo went on; touch saved; echo began $PPID; read line; exit 1"
    jobs = [at_work.job("a", saves), at_work.job("b", "echo done")]
    killed = []

    def kill(lines):
        began = [line for line in lines if "began" in line]
        for worker in workers:
            if began and not killed and str(worker.pid) == began[0].split()[-1]:
                worker.send_signal(signal.SIGKILL)
                killed.append(worker)
        return False

    exit_codes, lines = carried_out(at_work.address, jobs, kill)
    assert exit_codes == [0, 0]
    assert killed
    assert lines[-1] == "a  went on"
    assert sorted(path.name for path in (at_work.home / "a").iterdir()) == ["job.sh", "saved"]


def test_what_was_done_on_another_disk_comes_home_and_outlives_its_worker(at_work, monkeypatch):
    monkeypatch.setattr(campaigns, "_SECONDS_BETWEEN_FETCHES", 0.1)
    workers = at_work(2, is_elsewhere=True)
    goes_on = "[ -e state ] && { cat state > result; rm begun; pwd; exit 0; }"
    begins = "mkdir below; echo 7 > below/file; touch begun; echo five > state; echo began $PPID"
    job = at_work.job("fold 1", f"{goes_on}; {begins}; read line; exit 1")

    def kill_once_home(lines):
        if lines and (job.file.parent / "state").exists():
            for worker in workers:
                if str(worker.pid) == lines[0].split()[-1]:
                    worker.kill()
        return False

    exit_codes, lines = carried_out(at_work.address, [job], kill_once_home)
    assert exit_codes == [0]
    assert lines[0].startswith("fold 1  began")
    assert "scratch-w" in lines[-1]
    found = {str(p.relative_to(job.file.parent)) for p in job.file.parent.rglob("*")}
    assert found == {"job.sh", "below", "below/file", "state", "result"}
    assert (job.file.parent / "result").read_text() == "five\n"


def test_stop_reaches_jobs_on_other_disks_and_brings_home_what_they_save(at_work):
    at_work(1, is_elsewhere=True)
    saves = "trap 'echo saved > state; exit 143' TERM; echo begun; while :; do sleep 0.1; done"
    jobs = [at_work.job("a", saves), at_work.job("b", "echo begun")]
    exit_codes, lines = carried_out(at_work.address, jobs, bool)
    assert exit_codes == [143, 0]
    assert lines == ["a  begun"]
    assert (at_work.home / "a" / "state").read_text() == "saved\n"


@pytest.mark.usefixtures("script")  # makes the interpreter
def test_cluster_that_goes_away_is_a_fault_and_leaves_nothing_running(
    mortal_cluster, tmp_path, monkeypatch
):
    at_work = at_work_on(mortal_cluster, tmp_path)
    monkeypatch.setattr(clusters, "_SECONDS_TO_CONNECT", 1)
    at_work(1)
    waits = "trap 'echo over > over; exit 143' TERM; echo begun; while :; do sleep 0.1; done"
    job = at_work.job("a", waits)

    def kill_scheduler(lines):
        if lines:
            mortal_cluster.processes["scheduler"].kill()
        return False

    with pytest.raises(StorageError, match="the cluster is gone") as caught:
        carried_out(at_work.address, [job], kill_scheduler)
    assert caught.value.faults[0].identifier == "E083"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (job.file.parent / "over").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
