"""Waiting for the storage of a study that is locked or does not answer just now."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, TypeVar

from optuna.storages import BaseStorage, RDBStorage, get_storage

from framework.errors import StorageError
from framework.runs.interruption import Interruption
from framework.runs.search.database_faults import MISHAPS, is_passing, unanswered

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 2.0
_SECONDS_WHEN_INTERRUPTED = 5.0
"""Within the grace that a system gives between SIGTERM and SIGKILL, which is ten seconds."""
_HEARTBEAT = "record_heartbeat"
_FIND_STALE = "_get_stale_trial_ids"
"""What Optuna asks a storage for besides the methods that are public."""
_Answer = TypeVar("_Answer")


@dataclass
class Patience:
    """How long a process waits for a storage, and what it does meanwhile.

    It tries again after pauses that grow and differ by chance, so that several processes do not
    come all at once. Once it has waited in vain it tries everything just once: what is left to do
    is to end.

    Attributes:
        url: where the storage is.
        seconds: how long it is waited for.
        interruption: whether somebody has asked for the end; then there is little time left.
        continue_with: the command that goes on from what is saved.
        warn: takes a line that says what is waited for.
        is_spent: whether an answer was waited for in vain, or need not be waited for any more.
    """

    url: str
    seconds: float = 60.0
    interruption: Interruption = field(default_factory=Interruption)
    continue_with: str = ""
    warn: Callable[[str], None] = lambda _line: None
    is_spent: bool = False

    def carried_out(self, action: Callable[[], _Answer]) -> _Answer:
        """Do something, again and again as long as the storage does not answer; answer its result.

        Raises:
            StorageError: the storage has not answered for too long.
            Interrupted: nor has it since somebody asked for the end.
        """
        began, pause = time.monotonic(), _FIRST_PAUSE_SECONDS
        while True:
            try:
                return action()
            except (*MISHAPS, StorageError) as error:
                if not is_passing(error):
                    raise
                left = self._limit_seconds() - (time.monotonic() - began)
                if self.is_spent or left <= 0:
                    self.is_spent = True
                    self.interruption.require_none(self.continue_with)
                    raise StorageError(unanswered(error, self.url, self.seconds)) from error
                if pause == _FIRST_PAUSE_SECONDS:
                    self._tell(error)
                time.sleep(min(left, pause * random.uniform(0.5, 1.0)))  # noqa: S311  no secret
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _limit_seconds(self) -> float:
        is_asked_to_end = self.interruption.received is not None
        return min(self.seconds, _SECONDS_WHEN_INTERRUPTED) if is_asked_to_end else self.seconds

    def _tell(self, error: Exception) -> None:
        fault = unanswered(error, self.url)
        self.warn(f"{fault.place}: {fault.message}; trying again for {self.seconds:g} s")


def patient(storage: RDBStorage, patience: Patience) -> BaseStorage:
    """A storage as studies use it, of which every method waits where it has to.

    Whatever Optuna asks for may be asked for twice: what a connection that broke had written
    before it could say so is found written. Only signs of life are not waited for: the next one is
    due soon, and a trial that has ended must not wait for the thread that gives them.
    """
    cached = get_storage(storage)
    names = {name for name in dir(BaseStorage) if not name.startswith("_")} | {_FIND_STALE}
    for name in names & set(dir(cached)):
        setattr(cached, name, _waiting(getattr(cached, name), patience))
    setattr(cached, _HEARTBEAT, _quiet(getattr(cached, _HEARTBEAT)))
    return cached


def _waiting(method: Callable[..., Any], patience: Patience) -> Callable[..., Any]:
    @wraps(method)
    def carried_out(*given: Any, **named: Any) -> Any:
        return patience.carried_out(partial(method, *given, **named))

    return carried_out


def _quiet(method: Callable[[int], None]) -> Callable[[int], None]:
    @wraps(method)
    def tried(trial_id: int) -> None:
        with suppress(*MISHAPS):  # whoever trains meets the same, and tells
            method(trial_id)

    return tried
