"""Parts in processes of their own: what they are given, and what is told of those that fail."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from run_digest import differences, digest_of

from framework.contracts import DataBundle, ImageSet
from framework.errors import CheckpointError, FrameworkError, RunLockedError, TrainingError
from framework.jobs import Executor, Outcome
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.inheritance import Inheritance
from framework.runs.interruption import Interrupted, Interruption
from framework.runs.options import Options
from framework.runs.parts import fold_plans, make_part
from framework.runs.records import read_state
from framework.runs.workers import (
    WorkerError,
    carry_out_in_workers,
    executor_of,
    read_job,
    threads_of,
)

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[2] / "support"
FOLDS = "cross_validation={num_folds: 3}"
PATIENCE_SECONDS = 60

PLUGIN = '''
import os
import signal
import time
from pathlib import Path

import torch
from ignite.engine import Events
from framework import Handler, hookimpl

class Killer(Handler):
    """Kills the process in the second epoch of fold 1, as often as there are files to remove.

    A file `slow` beside them makes iterations take a second from the second epoch on.
    """

    def __init__(self, *, tokens: Path) -> None:
        self.tokens = tokens

    def attach(self, trainer, evaluator, run):
        print("threads", torch.get_num_threads(), flush=True)
        trainer.add_event_handler(Events.ITERATION_STARTED, self.strike, run)

    def strike(self, run):
        if run.epoch > 0 and self.tokens.with_name("slow").exists():
            time.sleep(1)
        left = sorted(self.tokens.glob("*"))
        if run.epoch == 1 and run.directory.name == "fold-1" and left:
            left[0].unlink()
            os.kill(os.getpid(), signal.SIGKILL)

@hookimpl
def provide_handlers():
    return {"killer": Killer}
'''


class Pretending(Executor):
    """Lets each part end as it is told to, without any training."""

    def __init__(self, **endings):
        self.endings = endings
        self.seen = []

    def num_threads(self, num_jobs):
        return 12 // num_jobs

    def carry_out(self, jobs, *, num_threads, report, is_stopped):
        assert not is_stopped()
        report(f"{len(jobs)} jobs")
        self.seen = [(job.name, num_threads, read_job(job.file)) for job in jobs]
        outcomes = []
        for job in jobs:
            name = job.file.parent.name.replace("-", "_")
            exit_code, status, reason = self.endings.get(name, (0, "finished", ""))
            RunDirectory(job.file.parent).update(status=status, reason=reason)
            outcomes.append(Outcome(job, exit_code))
        return outcomes


@pytest.fixture
def prepared(planned, tmp_path):
    """A run with three folds, none of which has begun."""

    def prepared(*overrides):
        plan = planned(FOLDS, *overrides)
        meta = {"name": "tiny", "data_fingerprint": "ab"}
        texts = {"recipe.yaml": ""}
        parent = RunDirectory.create(tmp_path / "run", texts=texts, meta=meta, has_parts=True)
        stores = {
            name: make_part(parent, name, each, lambda _: Inheritance())
            for name, each in fold_plans(plan).items()
        }
        return plan, stores

    return prepared


def execution_with(interruption=None, **options):
    images = ImageSet(torch.zeros(1, 1, 2, 2))
    given = {"announce": lambda _: None} | options
    bundle, interruption = DataBundle(images, images), interruption or Interruption()
    return Execution(bundle, torch.device("cpu"), Options(**given), interruption)


def failure_of(prepared, kind, **endings):
    plan, stores = prepared()
    with pytest.raises(kind) as caught:
        carry_out_in_workers(plan, stores, Pretending(**endings), execution_with())
    return caught.value


def test_workers_are_told_what_was_asked_for(prepared):
    plan, stores = prepared()
    told, executor = [], Pretending()
    options = {"device": "cpu", "is_exact": True, "allows_data_change": True}
    execution = execution_with(announce=told.append, **options)
    assert carry_out_in_workers(plan, stores, executor, execution) == []
    assert told == ["3 jobs"]
    assert executor.seen == [
        (
            f"fold {number}",
            4,
            {
                "format": 1,
                "run": str(stores[f"fold-{number}"].path),
                "device": "cpu",
                "exact": True,
                "force": False,
                "allow_data_change": True,
                "runs_directory": str(Path("runs").resolve()),
                "track": [],
                "trust_storage": False,
                "worker": None,
            },
        )
        for number in range(3)
    ]


def test_part_that_is_over_is_not_given_away(prepared):
    plan, stores = prepared()
    stores["fold-1"].update(status="early_stopped")
    executor = Pretending()
    carry_out_in_workers(plan, stores, executor, execution_with())
    assert [name for name, *_ in executor.seen] == ["fold 0", "fold 2"]


def test_executor_is_built_where_the_recipe_names_one(planned):
    executor = executor_of(planned(FOLDS, "executor={type: processes, num_workers: 1}"))
    assert threads_of(planned(FOLDS), executor, 3) == len(os.sched_getaffinity(0))
    assert executor_of(planned(FOLDS)) is None


def test_recipe_decides_the_threads_where_it_names_them(prepared):
    assert threads_of(prepared("training.num_threads=5")[0], Pretending(), 3) == 5


def test_killed_worker_is_named_and_is_an_error_of_the_environment(prepared, tmp_path):
    error = failure_of(prepared, WorkerError, fold_1=(-9, "running", ""))
    (fault,) = error.faults
    assert error.exit_code == 7
    assert fault.identifier == "E081"
    assert fault.message == "fold 1 of 3 killed by signal 9"
    assert fault.place == str(tmp_path / "run" / "fold-1")


def test_every_worker_that_failed_is_named_and_the_first_gives_the_exit_code(prepared):
    error = failure_of(
        prepared,
        WorkerError,
        fold_0=(7, "running", ""),
        fold_1=(-9, "running", ""),
        fold_2=(6, "failed", "out of memory"),
    )
    assert error.exit_code == 7
    assert [fault.message for fault in error.faults] == [
        "fold 0 of 3 failed: exit code 7",
        "fold 1 of 3 killed by signal 9",
        "fold 2 of 3 failed: out of memory",
    ]


def test_fold_that_diverged_makes_the_whole_diverge(prepared):
    error = failure_of(prepared, TrainingError, fold_2=(6, "diverged", "the loss is nan"))
    (fault,) = error.faults
    assert (error.exit_code, fault.identifier) == (6, "E082")
    assert fault.message == "fold 2 of 3 failed: the loss is nan"


def test_worker_that_failed_after_training_spoils_nothing(prepared):
    plan, stores = prepared()
    executor = Pretending(fold_1=(8, "finished", ""), fold_2=(-9, "early_stopped", ""))
    faults = carry_out_in_workers(plan, stores, executor, execution_with())
    assert [fault.message for fault in faults] == [
        "fold 1 of 3 is trained, and its process ended with exit code 8"
    ]


def test_interruption_comes_before_what_it_has_done_to_workers(prepared, tmp_path):
    plan, stores = prepared()
    interruption = Interruption()

    class Interrupting(Pretending):
        def carry_out(self, jobs, **_):
            interruption.request(signal.SIGTERM, None)
            return [Outcome(job, 143) for job in jobs]

    with pytest.raises(Interrupted) as caught:
        carry_out_in_workers(plan, stores, Interrupting(), execution_with(interruption))
    assert caught.value.exit_code == 143
    assert f"framework run {tmp_path / 'run'}" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": "1", "run": ""}'])
def test_file_that_describes_no_job_is_refused(tmp_path, text):
    file = tmp_path / "job.json"
    file.write_text(text)
    with pytest.raises(CheckpointError) as caught:
        read_job(file)
    assert (caught.value.faults[0].identifier, caught.value.faults[0].place) == ("C058", str(file))


def test_job_of_a_newer_framework_is_refused(tmp_path):
    file = tmp_path / "job.json"
    file.write_text('{"format": 2}')
    with pytest.raises(CheckpointError, match="written in format 2, this framework reads up to 1"):
        read_job(file)


def test_worker_that_is_killed_twice_is_told_of_and_the_same_command_goes_on(
    carried_out_in, tmp_path, monkeypatch
):
    """The whole way: processes, threads, a second beginning, and bits as in one process."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    plugin, tokens = tmp_path / "killer.py", tmp_path / "tokens"
    plugin.write_text(PLUGIN)
    tokens.mkdir()
    for number in range(2):
        (tokens / str(number)).touch()
    asked = (
        "cross_validation={num_folds: 2}",
        f"handlers=[cooling, {{type: killer, tokens: {tokens}}}]",
    )
    executor, told = "executor={type: processes, num_workers: 2}", []
    given = {"plugins": [plugin], "announce": told.append}
    with pytest.raises(WorkerError) as caught:
        carried_out_in(tmp_path / "there", *asked, executor, **given)
    (state,) = (tmp_path / "there").glob("tiny/*/state.json")
    assert caught.value.exit_code == 7
    assert "fold 1 of 2 killed by signal 9" in str(caught.value)
    assert read_state(state.parent).status == "failed"
    assert read_state(state.parent / "fold-0").status == "finished"
    assert told.count("fold 1  killed by signal 9; it is begun once more") == 1
    assert told.count("fold 0  threads 1") == 1
    assert told.count("fold 1  threads 1") == 2

    told.clear()
    there = carried_out_in(tmp_path / "there", *asked, executor, **given)
    assert (there.directory, there.status) == (state.parent, "finished")
    assert not any(line.startswith("fold 0") for line in told)
    here = carried_out_in(tmp_path / "here", *asked, **given)
    for name in ("fold-0", "fold-1"):
        found = digest_of(there.directory / name)
        assert differences(digest_of(here.directory / name), found) == []
    assert (there.test, there.best, there.kept) == (here.test, here.best, here.kept)


def test_workers_end_with_their_parent_and_save(carried_out_in, tmp_path):
    plugin, tokens = tmp_path / "killer.py", tmp_path / "tokens"
    plugin.write_text(PLUGIN)
    asked = [
        *("training={num_epochs: 20, batch_size: 64}", "early_stopping=null"),
        *("checkpointing=null", "cross_validation={num_folds: 2}"),
        f"handlers=[{{type: killer, tokens: {tokens}}}]",
    ]
    (tmp_path / "slow").touch()
    command = [
        *(sys.executable, "-m", "framework", "run", str(SUPPORT / "tiny.yaml"), *asked),
        *("executor={type: processes, num_workers: 2}", "--runs-dir", str(tmp_path / "runs")),
        *("--plugin", str(SUPPORT / "tiny_images.py"), "--plugin", str(plugin), "--device", "cpu"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert any("epoch  1/20" in line for line in process.stdout)  # stops at the first
        process.kill()
        killed_at = time.monotonic()
    (path,) = (state.parent for state in (tmp_path / "runs").glob("tiny/*/state.json"))
    folds = [fold for fold in sorted(path.glob("fold-*")) if (fold / "run.lock").exists()]
    assert folds
    for fold in folds:
        wait_for_lock(fold, until=killed_at + 5)
    assert {read_state(fold).status for fold in folds} <= {"interrupted", "running"}
    assert "interrupted" in {read_state(fold).status for fold in folds}
    (tmp_path / "slow").unlink()
    record = carried_out_in(tmp_path / "runs", *asked, plugins=[plugin])
    assert (record.directory, record.status) == (path, "finished")


def wait_for_lock(fold, *, until):
    """A lock that can be taken has been left by its holder, or died with it."""
    while True:
        try:
            with RunDirectory(fold).lock():
                return
        except (RunLockedError, FrameworkError):
            holder = json.loads((fold / "run.lock").read_text() or "{}")
            assert time.monotonic() < until, f"{fold.name} is still held by {holder}"
            time.sleep(0.05)
