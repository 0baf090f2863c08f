"""One line of text per epoch."""

import time
from collections.abc import Callable

from ignite.engine import Engine, Events

from framework.contracts import Handler, Run
from framework.events import FitEvents


class EpochLog(Handler):
    """Writes one line per epoch, when its metrics are complete.

    Args:
        write: takes the line, without a line break.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._started = 0.0

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Write at SAVING."""
        trainer.add_event_handler(Events.EPOCH_STARTED, self._start)
        trainer.add_event_handler(FitEvents.SAVING, self._report, run)

    def _start(self) -> None:
        self._started = time.monotonic()

    def _report(self, run: Run) -> None:
        self._write(epoch_line(run, seconds=time.monotonic() - self._started))


def epoch_line(run: Run, *, seconds: float) -> str:
    """An epoch's metrics, the best so far and the time taken, as one line."""
    width = len(str(run.num_epochs))
    parts = [run.label] if run.label else []
    parts += [f"epoch {run.epoch:{width}d}/{run.num_epochs}"]
    parts += [f"{name} {value:.5g}" for name, value in run.metrics.items()]
    if run.best is not None:
        parts.append(f"best {run.best['value']:.5g} (epoch {run.best['epoch']})")
    return "  ".join([*parts, f"{seconds:.1f} s"])
