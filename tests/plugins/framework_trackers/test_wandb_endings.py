import threading
import time
from functools import partial

import pytest
import wandb

from framework_trackers import wandb_endings
from framework_trackers.wandb_endings import (
    begin_to_end,
    end_with_process,
    give_up,
    opened,
    wait_for_ends,
)


class Ending:
    """A run of wandb whose end takes so long, or fails."""

    id = "abc"

    def __init__(self, *, seconds=0.0, error=None):
        self.told, self.given_up = [], []
        self._seconds, self._error = seconds, error
        self._wl = self  # wandb's own way to its process

    def finish(self, *, exit_code):
        self.told.append(exit_code)
        time.sleep(self._seconds)
        if self._error:
            raise self._error

    def assert_service(self):
        return self

    def inform_finish(self, *, run_id):
        self.given_up.append(run_id)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(wandb_endings, "_NOTE_SECONDS", 0.1)
    monkeypatch.setattr(wandb_endings, "_open", [])
    monkeypatch.setattr(wandb_endings, "_ending", [])
    monkeypatch.setattr(wandb_endings, "_given_up", [])


def end(run, *, exit_code=0):
    begin_to_end(run, partial(run.finish, exit_code=exit_code))


def test_end_that_comes_in_time_is_waited_for():
    run = Ending(seconds=0.2)
    end(run, exit_code=1)
    wait_for_ends(20.0)
    assert (run.told, run.given_up) == ([1], [])


def test_ends_are_waited_for_together():
    started = time.monotonic()
    for run in [Ending(seconds=0.5) for _ in range(10)]:
        end(run)
    wait_for_ends(20.0)
    assert time.monotonic() - started < 4.0


def test_end_that_takes_too_long_is_left_to_itself():
    quick, slow = Ending(), Ending(seconds=5.0)
    started = time.monotonic()
    for run in (quick, slow):
        end(run)
    with pytest.raises(TimeoutError):
        wait_for_ends(0.0)
    assert time.monotonic() - started < 2.0
    assert (quick.given_up, slow.told, slow.given_up) == ([], [0], ["abc"])
    wait_for_ends(20.0)  # it is no longer waited for


def test_run_whose_server_is_gone_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(wandb, "teardown", lambda: None)
    runs = [Ending(seconds=5.0) for _ in range(5)]
    started = time.monotonic()
    for run in runs:
        give_up(run, partial(run.finish, exit_code=1))
    assert not any(run.given_up for run in runs)
    end_with_process()
    assert time.monotonic() - started < 2.0
    assert [(run.told, run.given_up) for run in runs] == [([1], ["abc"])] * 5


def test_end_that_fails_says_why():
    end(Ending(error=ConnectionResetError("lost")))
    with pytest.raises(ConnectionResetError, match="lost"):
        wait_for_ends(20.0)


def test_process_that_ends_gives_up_what_is_open(monkeypatch):
    monkeypatch.setattr(wandb, "teardown", lambda: None)
    monkeypatch.setattr(wandb_endings, "_TEARDOWN_SECONDS", 0.2)
    ended, ending, still_open = Ending(), Ending(seconds=5.0), Ending()
    for run in (ended, still_open):
        opened(run)
    for run in (ended, ending):
        end(run)
    end_with_process()
    assert ended.given_up == []
    assert ending.given_up == still_open.given_up == ["abc"]


@pytest.mark.parametrize("error", [ConnectionResetError, SystemExit])
def test_process_ends_in_peace_though_wandb_is_gone(monkeypatch, capsys, error):
    def fail():
        raise error

    monkeypatch.setattr(wandb, "teardown", fail)
    end_with_process()
    assert capsys.readouterr().err == ""


def test_process_does_not_wait_for_ever(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(wandb, "teardown", release.wait)
    monkeypatch.setattr(wandb_endings, "_TEARDOWN_SECONDS", 0.1)
    started = time.monotonic()
    end_with_process()
    assert time.monotonic() - started < 2.0
    release.set()
