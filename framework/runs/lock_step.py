"""Several fits advanced together, so that they can be compared epoch by epoch."""

from collections.abc import Sequence

from framework.runs.fit import Fit


class LockStep:
    """Fits of which none is ever more than an epoch ahead of another that still trains.

    Args:
        fits: the fits, which may stand at different epochs.
    """

    def __init__(self, fits: Sequence[Fit]) -> None:
        self._fits = list(fits)
        self._is_interrupted = False

    @property
    def epoch(self) -> int:
        """Epochs that all fits have completed; those that are over hold nobody up."""
        running = [fit.epoch for fit in self._fits if not fit.is_over]
        return min(running) if running else max((fit.epoch for fit in self._fits), default=0)

    def next(self) -> int | None:
        """Place of the fit to advance next: the first of those with the fewest epochs.

        None where all are over, or an end was asked for.
        """
        running = [place for place, fit in enumerate(self._fits) if not fit.is_over]
        if not running or self._is_interrupted:
            return None
        return min(running, key=lambda place: self._fits[place].epoch)

    def interrupt(self) -> None:
        """Let the fit that is being advanced end after its iteration, and none come next."""
        self._is_interrupted = True
        for fit in self._fits:
            fit.interrupt()
