"""Time spent, over all attempts."""

import time


class Stopwatch:
    """Adds up the time spent inside it, by a clock that nobody can set back.

    Attributes:
        seconds: time spent so far; may be set to what earlier attempts took.
        has_run: whether it was ever left.
    """

    def __init__(self) -> None:
        self._before = 0.0
        self._started: float | None = None
        self.has_run = False

    def __enter__(self) -> None:
        self._started = time.monotonic()

    def __exit__(self, *exception: object) -> None:
        self._before = self.seconds
        self._started, self.has_run = None, True

    @property
    def seconds(self) -> float:
        """Time spent so far."""
        running = 0.0 if self._started is None else time.monotonic() - self._started
        return self._before + running

    @seconds.setter
    def seconds(self, value: float) -> None:
        self._before = value
