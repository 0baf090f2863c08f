"""Jobs on a cluster of our own; a job's file is the script that its process executes."""

import signal

import pytest

from framework.errors import StorageError
from framework.executors.dask import Dask
from framework.jobs import Outcome


def carried_out(jobs, *, num_workers=2, num_threads=1, look=lambda _lines: False):
    lines = []
    outcomes = Dask(num_workers=num_workers).carry_out(
        jobs, num_threads=num_threads, report=lines.append, is_stopped=lambda: look(lines)
    )
    return outcomes, lines


@pytest.mark.parametrize(
    ("values", "num_jobs", "num_workers", "num_threads"),
    [({}, 9, 4, 1), ({"num_threads": 2}, 9, 2, 2), ({"num_workers": 3}, 9, 3, 1), ({}, 2, 2, 1)],
)
def test_workers_share_the_cores_unless_they_are_counted(
    cores, values, num_jobs, num_workers, num_threads
):
    cores(4)
    executor = Dask(**values)
    assert (executor.num_workers(num_jobs), executor.num_threads(num_jobs)) == (
        num_workers,
        num_threads,
    )


def test_outcomes_are_in_the_order_of_jobs_and_lines_bear_their_names(script):
    jobs = [script("a", 'echo "$OMP_NUM_THREADS"; sleep 0.2; exit 6'), script("b", "exit 0")]
    outcomes, lines = carried_out(jobs, num_threads=2)
    assert outcomes == [Outcome(jobs[0], 6), Outcome(jobs[1], 0)]
    assert lines == ["a  2"]


def test_job_that_is_killed_is_begun_once_more_and_then_given_up(script, tmp_path):
    job = script("fold 2", f"echo x >> {tmp_path}/attempts; kill -KILL $$")
    (outcome,), lines = carried_out([job])
    assert outcome.exit_code == -signal.SIGKILL
    assert lines == ["fold 2  killed by signal 9; it is begun once more"]
    assert (tmp_path / "attempts").read_text() == "x\nx\n"


def test_job_whose_folder_is_still_locked_is_tried_again(script, tmp_path):
    """The process of a worker that died may still be saving."""
    job = script("a", f"[ -e {tmp_path}/free ] && exit 0; touch {tmp_path}/free; exit 75")
    (outcome,), _ = carried_out([job])
    assert outcome.exit_code == 0


@pytest.mark.slow
def test_stop_is_passed_on_and_no_further_job_is_begun(script):
    saves = "trap 'echo saving; exit 143' TERM; echo begun; while :; do sleep 0.1; done"
    jobs = [script("a", saves), script("b", "echo begun")]
    outcomes, lines = carried_out(jobs, num_workers=1, look=bool)
    assert [outcome.exit_code for outcome in outcomes] == [143, 0]
    assert lines == ["a  begun", "a  saving"]


def test_second_interrupt_kills_what_does_not_listen(script, tmp_path):
    stubborn = f"trap '' TERM; echo begun; sleep 30 & wait; wait; touch {tmp_path}/survived"

    def interrupt(lines):
        if lines:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        carried_out([script("a", stubborn)], look=interrupt)
    assert not (tmp_path / "survived").exists()


def test_missing_package_is_a_fault_with_the_way_to_install_it(script, monkeypatch):
    monkeypatch.setattr("framework.executors.dask.find_spec", lambda _name: None)
    with pytest.raises(StorageError, match=r"pip install 'ignite-framework\[dask\]'"):
        carried_out([script("a", "exit 0")])
