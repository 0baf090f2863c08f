"""How training gets on: a live display on a terminal, a line per epoch anywhere else."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from typing import Any

from ignite.engine import Engine, Events
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from framework.cli.messages import number_text, say
from framework.contracts import SINGLE_OPTIMIZER, Handler, Run
from framework.events import FitEvents
from framework.handlers.epoch_log import EpochLog

_SECONDS_BETWEEN_FRAMES = 0.2
_BAR_WIDTH = 40


@contextmanager
def progress_display(*, is_silent: bool) -> Iterator[list[Handler]]:
    """Give the handlers that show how a fit gets on; whatever they draw ends with the block."""
    if is_silent:
        yield []
    elif sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        display = LiveProgress(Console(file=sys.stdout))
        try:
            yield [display]
        finally:
            display.stop()
    else:
        yield [EpochLog(say)]


class LiveProgress(Handler):
    """Draws epoch and iteration as bars, with losses, the best so far and the time left.

    It draws in the training's own thread, a few times a second, and costs a glance at the clock
    per iteration.

    Args:
        console: where to draw.
    """

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)
        self._started_at = 0.0
        self._done_at_start = 0.0
        self._drawn_at = 0.0
        self._validation: dict[str, float] = {}

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Draw from FIT_STARTED to FIT_ENDED."""
        trainer.add_event_handler(FitEvents.FIT_STARTED, self._start, trainer)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self._draw_sometimes, trainer, run)
        trainer.add_event_handler(FitEvents.SAVING, self._end_epoch, trainer, run)
        trainer.add_event_handler(FitEvents.FIT_ENDED, self.stop)

    def stop(self) -> None:
        """Leave the last picture standing and give the terminal back."""
        self._live.stop()

    def _start(self, trainer: Engine) -> None:
        self._started_at = time.monotonic()
        self._done_at_start = _epochs_done(trainer)
        self._live.start()

    def _draw_sometimes(self, trainer: Engine, run: Run) -> None:
        if time.monotonic() - self._drawn_at >= _SECONDS_BETWEEN_FRAMES:
            self._draw(trainer, run)

    def _end_epoch(self, trainer: Engine, run: Run) -> None:
        self._validation = {k: v for k, v in run.metrics.items() if k.startswith("validation/loss")}
        self._draw(trainer, run)

    def _draw(self, trainer: Engine, run: Run) -> None:
        self._drawn_at = time.monotonic()
        self._live.update(self._picture(trainer, run), refresh=True)

    def _picture(self, trainer: Engine, run: Run) -> RenderableType:
        iteration, length = trainer.state.iteration, trainer.state.epoch_length or 1
        epoch = ceil(iteration / length)
        place = iteration - (epoch - 1) * length
        bars = Table.grid(padding=(0, 2, 0, 0))
        epochs = ProgressBar(run.num_epochs, iteration / length, width=_BAR_WIDTH)
        bars.add_row("epoch", f"{epoch}/{run.num_epochs}", epochs, self._time_left(trainer, run))
        bars.add_row("iteration", f"{place}/{length}", ProgressBar(length, place, width=_BAR_WIDTH))
        return Group(bars, Text(self._values(trainer, run)))

    def _time_left(self, trainer: Engine, run: Run) -> str:
        done = _epochs_done(trainer)
        seconds = time.monotonic() - self._started_at
        left = seconds / (done - self._done_at_start) * (run.num_epochs - done)
        return f"{timedelta(seconds=round(left))} left"

    def _values(self, trainer: Engine, run: Run) -> str:
        losses: Any = trainer.state.output
        names = {SINGLE_OPTIMIZER: "train/loss"} if len(losses) == 1 else {}
        values = {names.get(name, f"train/loss/{name}"): loss for name, loss in losses.items()}
        parts = [f"{k} {number_text(v)}" for k, v in (values | self._validation).items()]
        if run.best is not None:
            parts.append(f"best {number_text(run.best['value'])} (epoch {run.best['epoch']})")
        return "  ".join(parts)


def _epochs_done(trainer: Engine) -> float:
    return trainer.state.iteration / (trainer.state.epoch_length or 1)
