"""Ignite's engine, made to keep its word when something fails."""

import logging
from collections.abc import Callable
from typing import Any

from ignite.engine import Engine, Events

from framework.events import FitEvents

_SILENT = logging.getLogger("framework.engines.ignite")
_SILENT.disabled = True  # a failure is reported once, by whoever catches it


class ReliableEngine(Engine):
    """An engine whose failures always reach its caller, and that knows our events.

    Ignite swallows an exception as soon as any EXCEPTION_RAISED handler is attached that does not
    raise it again, KeyboardInterrupt included; here the handlers run and the exception goes on.
    """

    def __init__(self, process_function: Callable[[Engine, Any], Any]) -> None:
        super().__init__(process_function)
        self.logger = _SILENT
        self.register_events(*FitEvents)

    def _handle_exception(self, e: BaseException) -> None:
        self._fire_event(Events.EXCEPTION_RAISED, e)
        raise e
