"""How runs of wandb end: within a given time, whatever has become of the server."""

import atexit
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any

import wandb

_NOTE_SECONDS = 0.3
"""What wandb's process needs to note on the disk how a run has ended."""

_TEARDOWN_SECONDS = 1.0
_LIBRARY = "_wl"

_open: list[Any] = []


def opened(run: Any) -> None:
    """See to it that a run of wandb is left, at the latest, when this process ends.

    It runs before what wandb does then, which would wait for the server for as long as it takes.
    """
    if not _open:
        atexit.unregister(end_with_process)
        atexit.register(end_with_process)
    _open.append(run)


def end(run: Any, *, exit_code: int, seconds: float) -> None:
    """End a run, and wait a while for what is still being sent.

    Args:
        run: a run of wandb.
        exit_code: how it ends.
        seconds: how long to wait.

    Raises:
        TimeoutError: not all of it has arrived; what has not is on the disk.
    """
    with suppress(ValueError):
        _open.remove(run)
    future: Future[None] = Future()
    Thread(target=_carry_out, args=(future, run, exit_code), daemon=True).start()
    try:
        future.result(max(seconds, _NOTE_SECONDS))
    except TimeoutError:
        _leave(run)
        raise


def end_with_process() -> None:
    """Leave what is still open, and end wandb's own process, but do not wait for ever."""
    while _open:
        _leave(_open.pop())
    thread = Thread(target=_tear_down, daemon=True)
    thread.start()
    thread.join(_TEARDOWN_SECONDS)


def _carry_out(future: "Future[None]", run: Any, exit_code: int) -> None:
    try:
        future.set_result(run.finish(exit_code=exit_code))
    except BaseException as error:  # which the caller is to see, if it still waits
        future.set_exception(error)


def _leave(run: Any) -> None:
    """Let wandb's process give a run up; `finish` alone waits for as long as uploads take."""
    with suppress(Exception):  # it may be gone, and this is no part of what wandb documents
        getattr(run, _LIBRARY).assert_service().inform_finish(run_id=run.id)


def _tear_down() -> None:
    with suppress(Exception, SystemExit):  # its process may have been killed
        wandb.teardown()
