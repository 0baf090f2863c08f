"""Signals are requests; only a second Ctrl-C is an order."""

import signal
import threading

import pytest

from framework.errors import Fault
from framework.runs.interruption import Interrupted, interruptions

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_noted_and_told(number):
    told = []
    with interruptions() as interruption:
        interruption.tell(lambda: told.append(interruption.received))
        signal.raise_signal(number)
    assert told == [number]


def test_request_that_came_first_is_told_at_once():
    told = []
    with interruptions() as interruption:
        signal.raise_signal(signal.SIGTERM)
        interruption.tell(lambda: told.append("late"))
    assert told == ["late"]


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_second_ctrl_c_stops_at_once(first):
    with interruptions():
        signal.raise_signal(first)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_further_sigterm_changes_nothing():
    with interruptions() as interruption:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
            signal.raise_signal(number)
    assert interruption.received is signal.SIGINT


def test_closing_terminal_does_not_end_training():
    with interruptions() as interruption:
        signal.raise_signal(signal.SIGHUP)
    assert interruption.received is None


def test_handlers_of_before_come_back_whatever_happens():
    before = [signal.getsignal(number) for number in HANDLED]
    with interruptions():
        assert [signal.getsignal(number) for number in HANDLED] != before
    assert [signal.getsignal(number) for number in HANDLED] == before
    with pytest.raises(ValueError, match="inside"), interruptions():
        raise ValueError("inside")
    assert [signal.getsignal(number) for number in HANDLED] == before


def test_thread_that_is_not_the_main_one_leaves_signals_alone():
    before = [signal.getsignal(number) for number in HANDLED]
    seen = []

    def work():
        with interruptions() as interruption:
            seen.append(([signal.getsignal(number) for number in HANDLED], interruption.received))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, None)]


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_exit_code_is_128_plus_the_signals_number(number, exit_code):
    assert Interrupted(Fault("I001", "received"), number).exit_code == exit_code
