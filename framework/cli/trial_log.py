"""A line per trial of a search, and one per epoch of whatever else is trained."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ignite.engine import Engine

from framework.contracts import Run
from framework.errors import FrameworkError
from framework.handlers.epoch_log import EpochLog

_SECONDS_BETWEEN_LOOKS = 1.0


class EpochLogBesideTrials(EpochLog):
    """Writes one line per epoch, but none of the trials of a search, which are many."""

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:
        """Write at SAVING, unless it is a trial."""
        if not is_trial(run):
            super().attach(trainer, evaluator, run)


class TrialLog(EpochLogBesideTrials):
    """Writes one line per trial that is over, too.

    Args:
        write: takes the line, without a line break.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__(write)
        self._said: set[int] = set()
        self._began = datetime.now()  # Optuna writes down the local time
        self._directory: Path | None = None
        self._looked_at = float("-inf")

    def look(self, directory: Path) -> None:
        """Write of the trials that have ended since, at most once a second."""
        self._directory = directory
        if time.monotonic() - self._looked_at > _SECONDS_BETWEEN_LOOKS:
            self._write_news(directory)
            self._looked_at = time.monotonic()

    def stop(self) -> None:
        """Write of what nobody has looked at yet."""
        if self._directory is not None:
            self._write_news(self._directory)

    def _write_news(self, directory: Path) -> None:
        from framework.cli.search_table import trial_line
        from framework.runs.search.findings import read_findings

        with suppress(FrameworkError):  # whoever searches will tell
            findings = read_findings(directory)
            for trial in findings.of("complete", "pruned", "failed", "infeasible"):
                is_new = trial.ended is not None and trial.ended > self._began
                if is_new and trial.number not in self._said:
                    self._said.add(trial.number)
                    self._write(trial_line(trial, findings))


def is_trial(run: Run) -> bool:
    """Whether a training belongs to a trial of a search."""
    return run.label.startswith("trial ")
