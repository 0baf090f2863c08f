"""A search in progress as a terminal shows it, read again every few seconds."""

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from framework.errors import FrameworkError

_SECONDS_BETWEEN_READS = 2.0


class SearchView:
    """The table of a search's trials.

    Args:
        directory: the run directory of the search.

    Attributes:
        table: the table as it was read last.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._began_at = time.monotonic()
        self._done_at_start: int | None = None
        self._read_at = float("-inf")
        self.table: RenderableType = Text()

    def is_due(self) -> bool:
        """Whether it is time to read again."""
        return time.monotonic() - self._read_at >= _SECONDS_BETWEEN_READS

    def read(self) -> None:
        """Read the study; where that cannot be done, the table stays as it is."""
        from framework.cli.search_table import search_table
        from framework.runs.search.findings import read_findings

        with suppress(FrameworkError):  # whoever searches will tell
            findings = read_findings(self._directory)
            left = self._time_left(findings.num_done, findings.num_trials)
            self.table = search_table(findings, left)
        self._read_at = time.monotonic()

    def _time_left(self, num_done: int, num_trials: int) -> str:
        """As the trials went that were done while this looked on."""
        if self._done_at_start is None:
            self._done_at_start = num_done
        news, rest = num_done - self._done_at_start, max(0, num_trials - num_done)
        if not news or not rest:
            return ""
        seconds = (time.monotonic() - self._began_at) / news * rest
        return f"{timedelta(seconds=round(seconds))} left"
