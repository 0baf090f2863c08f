"""End training when it has taken long enough."""

from ignite.engine import Engine

from framework.contracts import Handler, Run
from framework.events import FitEvents


class TimeLimit(Handler):
    """Stops after the epoch in which training has taken longer than a limit, all attempts together.

    Args:
        minutes: the limit.
    """

    def __init__(self, *, minutes: float) -> None:
        self._minutes = minutes

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Look at the time after every evaluation."""
        trainer.add_event_handler(FitEvents.VALIDATED, self._look, run)

    def _look(self, run: Run) -> None:
        minutes = run.seconds / 60
        if minutes > self._minutes and run.epoch < run.num_epochs:
            run.stop(f"training has taken {minutes:.3g} minutes, the limit is {self._minutes:g}")
