"""End a run in good order when the user or the system asks for it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from framework.errors import Fault, FrameworkError


class Interrupted(FrameworkError):  # noqa: N818  not an error: the user asked for it
    """A run was stopped by a signal after saving; `exit_code` is 128 plus the signal's number."""

    def __init__(self, fault: Fault, received: signal.Signals) -> None:
        super().__init__(fault)
        self.exit_code = 128 + received  # type: ignore[misc]


class Interruption:
    """What has been asked for so far.

    Attributes:
        received: the first signal, or None.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._on_request: Callable[[], None] = lambda: None

    def tell(self, on_request: Callable[[], None]) -> None:
        """Call this when the request comes, or at once where it has come already."""
        self._on_request = on_request
        if self.received is not None:
            on_request()

    def request(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take note of a signal; a second Ctrl-C stops at once, without saving."""
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = self.received or signal.Signals(number)
        self._on_request()

    def require_none(self, continue_with: str) -> None:
        """Check that nobody has asked for the end.

        Args:
            continue_with: the command that goes on from what is saved.

        Raises:
            Interrupted: somebody has.
        """
        if self.received is not None:
            message = f"{self.received.name} received; everything is saved"
            hint = f"continue with: {continue_with}"
            raise Interrupted(Fault("I001", message, hint=hint), self.received)


@contextmanager
def interruptions() -> Iterator[Interruption]:
    """Take SIGINT and SIGTERM as requests, and let a closing terminal not end training.

    Signals can be handled in the main thread only; elsewhere nothing changes.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None] | signal.Handlers] = {
        signal.SIGINT: interruption.request,
        signal.SIGTERM: interruption.request,
        signal.SIGHUP: signal.SIG_IGN,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
