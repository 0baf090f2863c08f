"""Where a training stands, read from the row of the epoch whose weights it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path

from framework.runs.directory import RunDirectory
from framework.runs.epoch_rows import read_rows
from framework.runs.fit import Fit


@dataclass(frozen=True)
class Standing:
    """Where one of several trainings stands.

    Attributes:
        directory: its run directory.
        epoch: the epoch whose weights are kept so far: the best, or the last where nothing is
            monitored; 0 where no evaluation was finite yet.
        seconds: time spent, over all attempts.
    """

    directory: Path
    epoch: int
    seconds: float

    @classmethod
    def of_fit(cls, fit: Fit) -> "Standing":
        """The standing of a fit that is being advanced in a run directory."""
        epoch = fit.epoch if fit.best_weights is None else fit.best_weights.epoch
        return cls(fit.directory or Path(), epoch, fit.seconds)

    @classmethod
    def of_run(cls, store: RunDirectory) -> "Standing":
        """The standing of a training that is over."""
        best = store.state.best
        return cls(store.path, 0 if best is None else best.epoch, store.state.seconds)

    def metrics(self) -> Mapping[str, float]:
        """What was measured after the epoch that is kept; what was not finite is NaN."""
        for row in read_rows(self.directory):
            if row["epoch"] == self.epoch:
                return {k: nan if v is None else float(v) for k, v in row.items()}
        return {}
