"""Searches that several processes carry out, killed and failing ones among them."""

import signal

import pytest

from framework.application import carry_out_job
from framework.errors import FrameworkError, SearchError
from framework.jobs import Executor, Outcome
from framework.runs.workers import WorkerError

pytestmark = pytest.mark.slow

PLUGIN = """
from framework import Executor, Outcome, hookimpl


class Scripted(Executor):
    codes = []

    def num_threads(self, num_jobs):
        return 1

    def num_workers(self, num_jobs):
        return min(2, num_jobs)

    def carry_out(self, jobs, *, num_threads, report, is_stopped):
        return [self.outcome(job) for job in jobs]


@hookimpl
def provide_executors():
    return {"scripted": Scripted}
"""
EXECUTOR = "executor=scripted"


@pytest.fixture
def scripted(searched, tmp_path, monkeypatch):
    """Searches with an executor whose jobs end with these codes; of 0 they do what they are to."""
    (tmp_path / "scripted.py").write_text(PLUGIN)

    def scripted(*codes, more=(), space="optimizer.lr: {low: 0.001, high: 0.1}"):
        left = list(codes)
        begun = []

        def outcome(_, job):
            begun.append(job)
            code = left.pop(0) if left else 0
            if code == 0:
                try:
                    carry_out_job(job.file, announce=lambda _: None, warn=pytest.fail)
                except FrameworkError as error:
                    code = error.exit_code
            return Outcome(job, code)

        monkeypatch.setattr(Executor, "outcome", outcome, raising=False)
        plugins = [tmp_path / "scripted.py"]
        return searched(3, *more, EXECUTOR, space=space, plugin_files=plugins), begun

    return scripted


def test_workers_share_the_trials_of_a_search(scripted, trials_of):
    record, jobs = scripted()
    assert [job.name for job in jobs] == ["worker 0", "worker 1"]
    assert jobs[0].file == record.directory / "job-0.json"
    trials = trials_of(record.directory)
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 3
    assert record.status == "finished"


def test_killed_workers_are_replaced_as_long_as_others_get_on(scripted, trials_of):
    record, jobs = scripted(0, -signal.SIGKILL)
    assert record.status == "finished"
    assert len(jobs) == 2
    assert len(trials_of(record.directory)) == 3


@pytest.mark.parametrize(
    ("codes", "exit_code", "fragment"),
    [
        ((-9, -9), 7, "worker 0 was killed by signal 9, and no trial was done meanwhile"),
        ((143, 143), 7, "worker 1 was killed by SIGTERM"),
        ((7, -9), 7, "worker 0 failed with exit code 7"),
    ],
)
def test_workers_that_get_nowhere_end_the_search(scripted, codes, exit_code, fragment):
    with pytest.raises(WorkerError, match=fragment) as caught:
        scripted(*codes)
    assert caught.value.exit_code == exit_code


def test_search_of_workers_goes_on_where_it_was_left(scripted, search_directory, trials_of):
    with pytest.raises(WorkerError):
        scripted(-9, -9)
    record, _ = scripted()
    assert record.directory == search_directory()
    assert len(trials_of(record.directory)) == 3


def test_space_without_a_valid_network_is_told_once(scripted):
    space = "networks.encoder.latent_dim: {choices: [1000000000, 2000000000]}"
    with pytest.raises(SearchError, match="space has no valid network"):
        scripted(space=space, more=["search.max_infeasible_draws=2"])
