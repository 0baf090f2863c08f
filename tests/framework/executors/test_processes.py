"""Jobs are carried out in processes; here a job's file is the script that its process executes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from framework.executors.processes import Processes
from framework.jobs import Outcome

PATIENCE_SECONDS = 30


def carried_out(jobs, *, num_workers=4, num_threads=1, is_stopped=lambda: False, lines=None):
    lines = [] if lines is None else lines
    outcomes = Processes(num_workers=num_workers).carry_out(
        jobs, num_threads=num_threads, report=lines.append, is_stopped=is_stopped
    )
    return outcomes, lines


@pytest.mark.parametrize(
    ("num_cores", "num_workers", "num_jobs", "num_threads"),
    [(8, 4, 9, 2), (8, 3, 9, 2), (8, None, 3, 2), (8, 16, 9, 1), (8, 2, 1, 8), (1, None, 5, 1)],
)
def test_threads_times_workers_are_never_more_than_cores(
    cores, num_cores, num_workers, num_jobs, num_threads
):
    cores(num_cores)
    executor = Processes(num_workers=num_workers)
    assert executor.num_threads(num_jobs) == num_threads
    at_a_time = min(num_workers or num_cores, num_cores, num_jobs)
    assert at_a_time * num_threads <= num_cores


def test_job_is_told_its_threads_and_told_of_with_its_name(script):
    words = 'echo "$OMP_NUM_THREADS $MKL_NUM_THREADS"; echo trouble >&2'
    outcomes, lines = carried_out([script("fold 1", words)], num_threads=2)
    assert [outcome.exit_code for outcome in outcomes] == [0]
    assert lines == ["fold 1  2 2", "fold 1  trouble"]


def test_outcomes_are_in_the_order_of_jobs_with_the_exit_codes_of_processes(script):
    jobs = [script("a", "sleep 0.3; exit 6"), script("b", "exit 0"), script("c", "exit 75")]
    outcomes, lines = carried_out(jobs)
    assert outcomes == [Outcome(jobs[0], 6), Outcome(jobs[1], 0), Outcome(jobs[2], 75)]
    assert lines == []


@pytest.mark.slow
@pytest.mark.parametrize(("num_workers", "num_threads", "most"), [(2, 1, 2), (4, 2, 2), (4, 4, 1)])
def test_only_so_many_jobs_are_at_work_at_a_time(script, tmp_path, num_workers, num_threads, most):
    # the shell counts its own pattern: `ls` would look for a folder that has just been removed
    count = (
        f"mkdir {tmp_path}/at-$$; set -- {tmp_path}/at-*; echo $#; sleep 0.4; "
        f"rmdir {tmp_path}/at-$$"
    )
    jobs = [script(str(number), count) for number in range(4)]
    _, lines = carried_out(jobs, num_workers=num_workers, num_threads=num_threads)
    assert max(int(line.split()[-1]) for line in lines) == most


def test_job_that_is_killed_is_begun_once_more(script, tmp_path):
    once = f"[ -e {tmp_path}/begun ] && exit 0; touch {tmp_path}/begun; kill -KILL $$"
    (outcome,), lines = carried_out([script("fold 2", once)])
    assert outcome.exit_code == 0
    assert lines == ["fold 2  killed by signal 9; it is begun once more"]


def test_job_that_is_killed_twice_is_given_up_and_the_others_finish(script, tmp_path):
    always = f"echo x >> {tmp_path}/attempts; kill -KILL $$"
    jobs = [script("bad", always), script("good", "sleep 0.3; echo done")]
    outcomes, lines = carried_out(jobs, num_workers=1)
    assert [outcome.exit_code for outcome in outcomes] == [-9, 0]
    assert (tmp_path / "attempts").read_text() == "x\nx\n"
    assert lines[-1] == "good  done"


def test_job_that_fails_is_not_begun_again(script, tmp_path):
    (outcome,), _ = carried_out([script("a", f"echo x >> {tmp_path}/attempts; exit 3")])
    assert outcome.exit_code == 3
    assert (tmp_path / "attempts").read_text() == "x\n"


def test_stop_is_passed_on_once_and_no_further_job_is_begun(script):
    saves = "trap 'echo saving; sleep 0.5; exit 143' TERM; echo begun; while :; do sleep 0.1; done"
    jobs = [script("a", saves), script("b", saves), script("c", "echo begun")]
    lines = []
    outcomes, _ = carried_out(jobs, num_workers=2, lines=lines, is_stopped=lambda: len(lines) >= 2)
    assert sorted(lines) == ["a  begun", "a  saving", "b  begun", "b  saving"]
    assert [outcome.exit_code for outcome in outcomes] == [143, 143, 0]


def test_stopped_job_that_dies_of_it_is_not_begun_again(script, tmp_path):
    job = script("a", f"echo x >> {tmp_path}/attempts; echo begun; exec sleep 30")
    lines = []
    (outcome,), _ = carried_out([job], lines=lines, is_stopped=lambda: bool(lines))
    assert outcome.exit_code == -signal.SIGTERM
    assert (tmp_path / "attempts").read_text() == "x\n"


def test_second_interrupt_waits_for_nobody(script):
    stubborn = "trap '' TERM; echo begun; while :; do sleep 0.1; done"
    jobs = [script(name, stubborn) for name in "abc"]
    lines = []

    def is_stopped():
        if len(lines) >= 2:
            raise KeyboardInterrupt
        return False

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        carried_out(jobs, num_workers=2, lines=lines, is_stopped=is_stopped)
    assert time.monotonic() - begun < PATIENCE_SECONDS


@pytest.mark.slow
def test_signals_of_the_terminal_do_not_reach_jobs(script):
    _, lines = carried_out([script("a", "python3 -c 'import os; print(os.getsid(0))'")])
    assert int(lines[0].split()[1]) != os.getsid(0)


def test_words_that_are_no_text_spoil_nothing(script):
    (outcome,), lines = carried_out([script("a", r"printf 'a\377b\n'")])
    assert (outcome.exit_code, lines) == (0, ["a  a\N{REPLACEMENT CHARACTER}b"])


def test_job_learns_from_its_stdin_that_its_caller_is_gone(tmp_path):
    """However the caller ends: here by SIGKILL."""
    waits = f"echo $$ > {tmp_path}/job.pid; cat; echo over > {tmp_path}/over"
    (tmp_path / "job.sh").write_text(waits)
    interpreter = tmp_path / "interpreter"
    interpreter.write_text('#!/bin/sh\n. "$4"\n')
    interpreter.chmod(0o755)
    caller = (
        "import sys; from pathlib import Path\n"
        "from framework.executors.processes import Processes\n"
        "from framework.jobs import Job\n"
        f"sys.executable = {str(interpreter)!r}\n"
        f"job = Job('a', Path({str(tmp_path / 'job.sh')!r}))\n"
        "Processes(num_workers=1).carry_out([job], num_threads=1, report=print,"
        " is_stopped=lambda: False)\n"
    )
    with subprocess.Popen([sys.executable, "-c", caller]) as process:
        wait_for(tmp_path / "job.pid")
        process.kill()
        process.wait()
    wait_for(tmp_path / "over", seconds=5)


def test_watching_leaves_no_thread_behind(script):
    before = threading.active_count()
    carried_out([script("a", "exit 0")])
    assert threading.active_count() == before


def wait_for(path: Path, *, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.02)
