"""How runs of wandb end: within a given time, whatever has become of the server."""

import atexit
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from typing import Any

import wandb

_NOTE_SECONDS = 0.3
"""What wandb's process needs to note on the disk how a run has ended."""

_TEARDOWN_SECONDS = 0.7
_LIBRARY = "_wl"

_open: list[Any] = []
_ending: list[tuple[Any, "Future[None]"]] = []
_given_up: list[Thread] = []


def opened(run: Any) -> None:
    """See to it that a run of wandb is left, at the latest, when this process ends.

    It runs before what wandb does then, which would wait for the server for as long as it takes.
    """
    if not (_open or _ending or _given_up):
        atexit.unregister(end_with_process)
        atexit.register(end_with_process)
    _open.append(run)


def begin_to_end(run: Any, act: Callable[[], None]) -> None:
    """Let a run end in a thread, so that several can at once.

    Args:
        run: a run of wandb.
        act: ends it; what it raises is for `wait_for_ends`.
    """
    with suppress(ValueError):
        _open.remove(run)
    future: Future[None] = Future()
    Thread(target=_carry_out, args=(future, act), daemon=True).start()
    _ending.append((run, future))


def give_up(run: Any, act: Callable[[], None]) -> None:
    """Let a run end whose server is gone: note how it ended, and leave it. It is not waited for.

    Args:
        run: a run of wandb.
        act: ends it.
    """
    with suppress(ValueError):
        _open.remove(run)
    thread = Thread(target=_end_and_leave, args=(run, act), daemon=True)
    thread.start()
    _given_up.append(thread)


def wait_for_ends(seconds: float) -> None:
    """Wait a while for all runs that have begun to end.

    Args:
        seconds: how long, for all of them.

    Raises:
        TimeoutError: not all has arrived; what has not is on the disk.
    """
    pending = [*_ending]
    _ending.clear()
    wait([future for _, future in pending], timeout=max(seconds, _NOTE_SECONDS))
    late = [run for run, future in pending if not future.done()]
    for run in late:
        _leave(run)
    for _, future in pending:
        if future.done():
            future.result()
    if late:
        raise TimeoutError


def end_with_process() -> None:
    """Leave what is still open, and end wandb's own process, but do not wait for ever."""
    with suppress(Exception):
        wait_for_ends(_TEARDOWN_SECONDS if _ending else 0.0)
    while _open:
        _leave(_open.pop())
    while _given_up:
        _given_up.pop().join(_TEARDOWN_SECONDS)
    thread = Thread(target=_tear_down, daemon=True)
    thread.start()
    thread.join(_TEARDOWN_SECONDS)


def _carry_out(future: "Future[None]", act: Callable[[], None]) -> None:
    try:
        act()
        future.set_result(None)
    except BaseException as error:  # which the caller is to see, if it still waits
        future.set_exception(error)


def _end_and_leave(run: Any, act: Callable[[], None]) -> None:
    thread = Thread(target=_carry_out, args=(Future(), act), daemon=True)
    thread.start()
    thread.join(_NOTE_SECONDS)
    _leave(run)


def _leave(run: Any) -> None:
    """Let wandb's process give a run up; `finish` alone waits for as long as uploads take."""
    with suppress(Exception):  # it may be gone, and this is no part of what wandb documents
        getattr(run, _LIBRARY).assert_service().inform_finish(run_id=run.id)


def _tear_down() -> None:
    with suppress(Exception, SystemExit):  # its process may have been killed
        wandb.teardown()
