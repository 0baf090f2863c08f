"""A fence around trackers: whatever they do, training goes on, and soon."""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

MAX_ERRORS = 3
"""Errors after which a tracker is off for the rest of the command."""

BUDGET_SECONDS = 2.0
"""What all calls of a tracker may take of a command's time altogether; the process ends later,
too."""

SHARE_OF_TIME = 0.05
"""What calls that succeed may take beyond it, as a share of the time that passes."""

FREE_SECONDS = {"start": 0.25, "finish": 0.25}
"""What the start and the end of each run, such as a fold, may take without it being counted."""

FIRST_START_SECONDS = 1.25
"""What the first start of a command may take instead, which has libraries to import."""

FREE_SECONDS_PER_CALL = 0.03
"""What any other call may take so: else the sound tracker of many short trials would be off."""

FREE_SPARE_SECONDS = 0.5
SHARE_OF_SPARE_TIME = 0.03
"""What calls that can be left out may take of this."""

_WORTH_SAYING = 0.1

_Call = tuple[Future[Any], Callable[[], Any]]


class TrackerFence:
    """Calls one tracker's code, for all runs of a command, within limits of errors and of time.

    Calls are carried out in a thread of their own, one at a time, while the caller waits for no
    longer than is left of the one budget that all calls share, those of folds and trials included.
    So a call that never ends costs that time once, and what a tracker draws at random falls between
    two steps of the training, which are seeded.

    Args:
        name: the tracker's name among those of the recipe.
        warn: takes the one warning.

    Attributes:
        name: the tracker's name.
        errors: what it has raised so far.
        reason: why it is off; empty while it is on.
    """

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        self.name = name
        self.errors: list[str] = []
        self.reason = ""
        self._warn = warn
        self._has_warned = False
        self._calls: SimpleQueue[_Call | None] | None = None
        self._began_at = time.monotonic()
        self._seconds = 0.0
        self._wasted_seconds = 0.0
        self._spare_seconds = 0.0

    @property
    def has_time_to_spare(self) -> bool:
        """Whether there is time for a call that can be left out, such as that of an iteration."""
        passed = time.monotonic() - self._began_at
        spare = FREE_SPARE_SECONDS + SHARE_OF_SPARE_TIME * passed
        return not self.reason and self._spare_seconds < spare

    def call(
        self,
        what: str,
        act: Callable[[], T],
        *,
        more_seconds: float = 0.0,
        can_be_left_out: bool = False,
    ) -> T | None:
        """Let the tracker do something; None where it fails, takes too long or is off.

        Args:
            what: what it does, in a word.
            act: does it.
            more_seconds: how much longer the caller waits for it than for anything else.
            can_be_left_out: whether its time is that which may be to spare.
        """
        if self.reason:
            return None
        free = self._free_seconds(what) + more_seconds
        patience = max(0.0, min(BUDGET_SECONDS - self._wasted_seconds, self._seconds_left))
        started = time.monotonic()
        future: Future[T] = Future()
        self._queue().put((future, act))
        wait([future], timeout=patience + free)
        seconds, before = time.monotonic() - started, self._seconds
        self._seconds += max(0.0, seconds - free)
        self._spare_seconds += seconds if can_be_left_out else 0.0
        if not future.done():
            earlier = (
                f", and calls before it took {before:.1f} s" if before >= _WORTH_SAYING else ""
            )
            self._switch_off(f"{what} was not done after {seconds:.1f} s{earlier}")
            return None
        error = future.exception()
        if error is not None:
            self._wasted_seconds += seconds
            self._take_note(what, error)
            return None
        return future.result()

    def close(self) -> None:
        """End the thread, unless a call that never ends holds it."""
        if self._calls is not None:
            self._calls.put(None)
            self._calls = None

    @property
    def _seconds_left(self) -> float:
        passed = time.monotonic() - self._began_at
        return BUDGET_SECONDS + SHARE_OF_TIME * passed - self._seconds

    def _free_seconds(self, what: str) -> float:
        if what == "start" and self._calls is None:
            return FIRST_START_SECONDS
        return FREE_SECONDS.get(what, FREE_SECONDS_PER_CALL)

    def _queue(self) -> "SimpleQueue[_Call | None]":
        if self._calls is None:
            self._calls = SimpleQueue()
            name = f"tracker {self.name}"
            Thread(target=_serve, args=(self._calls,), name=name, daemon=True).start()
        return self._calls

    def _take_note(self, what: str, error: BaseException) -> None:
        words = str(error).strip().partition("\n")[0]
        self.errors.append(f"{what} failed: {type(error).__name__}: {words}")
        self._warn_once(self.errors[-1])
        if len(self.errors) >= MAX_ERRORS:
            self._switch_off(f"{MAX_ERRORS} errors, the first: {self.errors[0]}")

    def _switch_off(self, reason: str) -> None:
        self._warn_once(reason)
        self.reason = reason

    def _warn_once(self, text: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn(f"warning: tracker '{self.name}': {text}; the run goes on")


def _serve(calls: "SimpleQueue[_Call | None]") -> None:
    while (call := calls.get()) is not None:
        future, act = call
        try:
            future.set_result(act())
        except BaseException as error:  # SystemExit too: it is a tracker's, not ours
            future.set_exception(error)
