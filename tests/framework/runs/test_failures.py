"""A failure is recorded in its run, and told with the place where it happened."""

import signal

import pytest

from framework.errors import (
    CheckpointError,
    Fault,
    PluginError,
    RunLockedError,
    StorageError,
    TrainingError,
)
from framework.runs.directory import RunDirectory
from framework.runs.failures import failures_explained, outcome_recorded
from framework.runs.interruption import Interrupted
from framework.runs.records import read_state


@pytest.fixture
def store(tmp_path):
    return RunDirectory.create(tmp_path / "run", texts={}, meta={})


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (TrainingError(Fault("T039", "the loss is nan")), "diverged", "the loss is nan"),
        (TrainingError(Fault("T042", "out of memory")), "failed", "out of memory"),
        (PluginError(Fault("P012", "it failed")), "failed", "it failed"),
        (RunLockedError(Fault("S065", "locked")), "failed", "locked"),
        (Interrupted(Fault("I001", "stopped"), signal.SIGTERM), "interrupted", "stopped"),
        (KeyError("ours"), "failed", "KeyError('ours')"),
    ],
)
def test_outcome_is_recorded(store, error, status, reason):
    with pytest.raises(type(error)) as caught, outcome_recorded(store):
        raise error
    state = read_state(store.path)
    assert (state.status, state.reason) == (status, reason)
    assert getattr(caught.value, "exit_code", 1) == getattr(error, "exit_code", 1)


@pytest.mark.parametrize(
    "error",
    [
        StorageError(Fault("S050", "no space left")),
        CheckpointError(Fault("C058", "damaged")),
        KeyboardInterrupt(),
    ],
)
def test_refusals_and_what_cannot_be_written_leave_the_state_alone(store, error):
    before = (store.path / "state.json").stat()
    with pytest.raises(type(error)), outcome_recorded(store):
        raise error
    assert (store.path / "state.json").stat() == before


def test_failure_of_training_is_placed_in_its_run_and_not_in_the_whole(store, tmp_path):
    whole = RunDirectory.create(tmp_path / "whole", texts={}, meta={})
    faults = [Fault("T040", "one"), Fault("T040", "two", place="elsewhere")]
    with pytest.raises(TrainingError) as caught, outcome_recorded(whole), outcome_recorded(store):
        raise TrainingError(faults)
    assert [fault.place for fault in caught.value.faults] == [str(store.path), "elsewhere"]
    assert read_state(whole.path).reason == read_state(store.path).reason == "one"


def test_lack_of_memory_is_explained_with_the_size_of_batches(planned):
    with pytest.raises(TrainingError) as caught, failures_explained(planned()):
        raise MemoryError("no more")
    (fault,) = caught.value.faults
    assert fault.identifier == "T042"
    assert fault.message == "out of memory with batches of 64 (no more)"


def test_failure_that_is_nobodys_is_passed_on_as_it_is(planned):
    with pytest.raises(KeyError, match="ours"), failures_explained(planned()):
        raise KeyError("ours")
