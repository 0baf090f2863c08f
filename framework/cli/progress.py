"""How training gets on: a live display on a terminal, a line per epoch anywhere else."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from framework.cli.messages import number_text, say
from framework.cli.search_view import SearchView
from framework.cli.trial_log import TrialLog, is_trial
from framework.contracts import SINGLE_OPTIMIZER, Handler, Run
from framework.events import FitEvents

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
        log = TrialLog(say)
        try:
            yield [log]
        finally:
            log.stop()


class LiveProgress(Handler):
    """Draws epoch and iteration as bars, with losses, the best so far and the time left.

    It draws in the training's own thread, a few times a second, and costs a glance at the clock
    per iteration. Of several fits that advance in turns it shows the one at work, and how far all
    of them are; of a search, whoever carries it out, a table of its trials.

    Args:
        console: where to draw.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._fits: list[tuple[Engine, Run]] = []
        self._num_ended = 0
        self._started_at = 0.0
        self._done_at_start = 0.0
        self._drawn_at = 0.0
        self._validation: dict[str, float] = {}
        self._search: SearchView | None = None

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Draw from FIT_STARTED to FIT_ENDED."""
        self._fits.append((trainer, run))
        trainer.add_event_handler(FitEvents.FIT_STARTED, self._start)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self._draw_sometimes, trainer, run)
        trainer.add_event_handler(FitEvents.SAVING, self._end_epoch, trainer, run)
        trainer.add_event_handler(FitEvents.FIT_ENDED, self._end_fit)

    def look(self, directory: Path) -> None:
        """Show the search in a run directory, now and then, until this is stopped."""
        if self._search is None:
            self._search = SearchView(directory)
        if self._search.is_due():
            self._search.read()
            self._start()
            if self._live is not None:
                self._live.update(self._with_search(Text()), refresh=True)

    def stop(self) -> None:
        """Leave the last picture standing and give the terminal back."""
        if self._search is not None and self._live is not None:
            self._search.read()
            self._live.update(self._search.table, refresh=True)
        if self._live is not None:
            self._live.stop()
        self._live, self._search = None, None
        self._forget_fits()

    def _forget_fits(self) -> None:
        self._fits, self._num_ended = [], 0

    def _start(self) -> None:
        if self._num_ended == 0:
            self._started_at = time.monotonic()
            self._done_at_start = self._epochs_done()
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()

    def _end_fit(self) -> None:
        self._num_ended += 1
        if self._num_ended < len(self._fits):
            return
        if all(is_trial(run) for _, run in self._fits):
            self._forget_fits()  # others will come
        else:
            self.stop()

    def _draw_sometimes(self, trainer: Engine, run: Run) -> None:
        if time.monotonic() - self._drawn_at >= _SECONDS_BETWEEN_FRAMES:
            self._draw(trainer, run)

    def _end_epoch(self, trainer: Engine, run: Run) -> None:
        if self._search is not None and self._search.is_due():
            self._search.read()
        self._validation = {k: v for k, v in run.metrics.items() if k.startswith("validation/loss")}
        self._draw(trainer, run)

    def _draw(self, trainer: Engine, run: Run) -> None:
        self._drawn_at = time.monotonic()
        if self._live is not None:
            self._live.update(self._with_search(self._picture(trainer, run)), refresh=True)

    def _with_search(self, picture: RenderableType) -> RenderableType:
        return picture if self._search is None else Group(self._search.table, picture)

    def _picture(self, trainer: Engine, run: Run) -> RenderableType:
        iteration, length = trainer.state.iteration, trainer.state.epoch_length or 1
        epoch = ceil(iteration / length)
        place = iteration - (epoch - 1) * length
        bars = Table.grid(padding=(0, 2, 0, 0))
        left = self._time_left()
        if len(self._fits) > 1:
            share = self._epochs_done() / self._epochs_to_do()
            bars.add_row("all", f"{share:.0%}", ProgressBar(1, share, width=_BAR_WIDTH), left)
            left = ""
        epochs = ProgressBar(run.num_epochs, iteration / length, width=_BAR_WIDTH)
        name = f"{run.label}, epoch" if run.label else "epoch"
        bars.add_row(name, f"{epoch}/{run.num_epochs}", epochs, left)
        bars.add_row("iteration", f"{place}/{length}", ProgressBar(length, place, width=_BAR_WIDTH))
        return Group(bars, Text(self._values(trainer, run)))

    def _time_left(self) -> str:
        done = self._epochs_done()
        seconds = time.monotonic() - self._started_at
        left = seconds / (done - self._done_at_start) * (self._epochs_to_do() - done)
        return f"{timedelta(seconds=round(left))} left"

    def _epochs_done(self) -> float:
        return sum((_epochs_done(trainer) for trainer, _ in self._fits), 0.0)

    def _epochs_to_do(self) -> int:
        return sum(run.num_epochs for _, run in self._fits)

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
