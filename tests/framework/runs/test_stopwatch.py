"""Time is added up over attempts, whatever the wall clock does."""

import time

import pytest

from framework.runs.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch):
    """A monotonic clock that a test sets; the wall clock jumps by a year at every look."""
    now = [100.0]
    years = iter(range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "time", lambda: next(years) * 3.2e7)
    return now


def test_only_time_inside_counts(clock):
    stopwatch = Stopwatch()
    for _ in range(2):
        with stopwatch:
            clock[0] += 2.0
        clock[0] += 50.0
    assert stopwatch.seconds == 4.0


def test_time_so_far_can_be_read_inside(clock):
    stopwatch = Stopwatch()
    with stopwatch:
        clock[0] += 3.0
        assert stopwatch.seconds == 3.0
        assert not stopwatch.has_run
    assert stopwatch.has_run


def test_time_of_earlier_attempts_is_taken_over(clock):
    stopwatch = Stopwatch()
    stopwatch.seconds = 10.0
    with stopwatch:
        clock[0] += 1.0
    assert stopwatch.seconds == 11.0


def test_time_counts_though_the_inside_fails(clock):
    stopwatch = Stopwatch()

    def work():
        with stopwatch:
            clock[0] += 1.0
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        work()
    assert stopwatch.seconds == 1.0
