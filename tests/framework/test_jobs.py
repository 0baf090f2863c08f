"""A plugin's executor is handed jobs, and answers how each of them ended."""

from pathlib import Path

import pytest

import framework
from framework.jobs import Executor, Job, Outcome


class Boastful(Executor):
    """Says of every job that it ended well."""

    def num_threads(self, num_jobs):
        return num_jobs

    def carry_out(self, jobs, *, num_threads, report, is_stopped):
        report(f"{num_threads} threads, stopped: {is_stopped()}")
        return [Outcome(job, 0) for job in jobs]


def test_executor_of_ones_own_needs_the_public_door_only():
    assert (framework.Executor, framework.Job, framework.Outcome) == (Executor, Job, Outcome)
    job, lines = Job("fold 2", Path("job.json")), []
    ended = Boastful().carry_out(
        [job], num_threads=3, report=lines.append, is_stopped=lambda: False
    )
    assert ended == [Outcome(job, exit_code=0)]
    assert lines == ["3 threads, stopped: False"]


def test_executor_says_how_many_threads_and_carries_out():
    with pytest.raises(TypeError, match=r"carry_out.*num_threads"):
        Executor()
