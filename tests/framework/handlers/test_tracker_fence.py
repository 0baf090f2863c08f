import sys
import threading
import time

import pytest

from framework.handlers import tracker_fence
from framework.handlers.tracker_fence import TrackerFence


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def fence(warnings):
    fence = TrackerFence("wandb", warnings.append)
    yield fence
    fence.close()


def failing():
    raise ValueError("no such thing\nand more of it")


def test_call_answers_what_the_tracker_answers(fence, warnings):
    assert fence.call("start", lambda: "here") == "here"
    assert (fence.errors, fence.reason, warnings) == ([], "", [])


def test_calls_come_in_order_from_one_other_thread(fence):
    found = [fence.call("log", lambda i=i: (i, threading.current_thread())) for i in range(5)]
    assert [number for number, _ in found] == list(range(5))
    (thread,) = {thread for _, thread in found}
    assert thread is not threading.current_thread()
    assert thread.daemon


def test_third_error_switches_off_and_only_the_first_warns(fence, warnings):
    for _ in range(2):
        assert fence.call("log", failing) is None
    assert fence.reason == ""
    assert fence.call("log", lambda: 1) == 1
    fence.call("image", failing)
    assert fence.reason == "3 errors, the first: log failed: ValueError: no such thing"
    assert warnings == [
        "warning: tracker 'wandb': log failed: ValueError: no such thing; the run goes on"
    ]
    assert fence.call("log", lambda: pytest.fail("off")) is None


def test_an_exit_of_the_tracker_is_its_own(fence, warnings):
    fence.call("finish", lambda: sys.exit(3))
    assert len(warnings) == 1
    assert fence.errors == ["finish failed: SystemExit: 3"]


def test_call_that_never_ends_costs_the_budget_once(fence, warnings, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.1)
    started = time.monotonic()
    assert fence.call("log", lambda: time.sleep(60)) is None
    assert fence.call("log", lambda: time.sleep(60)) is None
    assert 0.1 <= time.monotonic() - started < 1.0
    assert fence.reason.startswith("log was not done after 0.1")
    assert len(warnings) == 1


def fail_slowly():
    time.sleep(0.2)
    failing()


def test_calls_that_fail_slowly_share_the_budget(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.35)
    fence.call("log", fail_slowly)
    assert fence.reason == ""
    fence.call("log", fail_slowly)
    assert "not done" in fence.reason


def test_share_of_the_time_is_not_for_calls_that_fail(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.35)
    monkeypatch.setattr(tracker_fence, "SHARE_OF_TIME", 1000.0)
    for _ in range(2):
        fence.call("log", lambda: time.sleep(0.2))
    assert fence.reason == ""
    fence.call("log", fail_slowly)
    fence.call("log", fail_slowly)
    assert "not done" in fence.reason


def test_what_succeeded_slowly_is_missing_where_a_call_hangs(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 1.0)
    fence.call("log", lambda: time.sleep(0.5))
    started = time.monotonic()
    fence.call("log", lambda: time.sleep(60))
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize("what", ["start", "finish"])
def test_start_and_end_of_each_run_are_free(fence, monkeypatch, what):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.0)
    monkeypatch.setattr(tracker_fence, "FREE_SECONDS", {what: 0.2})
    monkeypatch.setattr(tracker_fence, "FIRST_START_SECONDS", 0.2)
    for _ in range(3):
        assert fence.call(what, lambda: time.sleep(0.05) or "done") == "done"
    assert fence.reason == ""
    fence.call("log", lambda: time.sleep(0.05))
    assert "not done" in fence.reason


def test_first_start_of_a_command_may_take_longer(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.0)
    monkeypatch.setattr(tracker_fence, "FREE_SECONDS", {"start": 0.01})
    assert fence.call("start", lambda: time.sleep(0.1) or "begun") == "begun"
    assert fence.call("start", lambda: time.sleep(0.1) or "begun") is None


def test_quick_calls_are_free_however_many(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.1)
    monkeypatch.setattr(tracker_fence, "FREE_SECONDS_PER_CALL", 0.1)
    for _ in range(20):
        fence.call("log", lambda: time.sleep(0.02))
    assert fence.reason == ""


def test_more_seconds_are_waited_for_and_not_held_against_it(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.0)
    monkeypatch.setattr(tracker_fence, "FREE_SECONDS", {})
    assert fence.call("finish", lambda: time.sleep(0.05) or 1, more_seconds=5.0) == 1
    assert fence.reason == ""


def test_tracker_that_takes_too_much_time_altogether_is_switched_off(fence, warnings, monkeypatch):
    monkeypatch.setattr(tracker_fence, "BUDGET_SECONDS", 0.5)
    for _ in range(20):
        fence.call("log", lambda: time.sleep(0.1))
    assert "and calls before it took 0." in fence.reason
    assert fence._seconds < 1.0
    assert len(warnings) == 1


def test_time_to_spare_is_that_of_calls_that_can_be_left_out(fence, monkeypatch):
    monkeypatch.setattr(tracker_fence, "FREE_SPARE_SECONDS", 0.02)
    fence.call("start", lambda: time.sleep(0.05))
    assert fence.has_time_to_spare
    fence.call("log", lambda: time.sleep(0.05), can_be_left_out=True)
    assert not fence.has_time_to_spare


def test_close_ends_the_thread(fence):
    thread = fence.call("log", threading.current_thread)
    fence.close()
    thread.join(5)
    assert not thread.is_alive()
