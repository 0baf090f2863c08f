"""Decide when a fit is saved."""

from collections.abc import Callable

from ignite.engine import Engine, Events

from framework.contracts import Handler, Run
from framework.events import FitEvents


class Checkpointing(Handler):
    """Saves after epochs, and within them where asked to.

    Args:
        save: writes the whole state of the fit, durably.
        every_num_epochs: save after every so many epochs; see `is_due_anyway`.
        every_num_iterations: save after every so many iterations as well.
        is_due_anyway: tells whether the epoch just completed must be saved whatever its number.
    """

    def __init__(
        self,
        save: Callable[[], None],
        *,
        every_num_epochs: int = 1,
        every_num_iterations: int | None = None,
        is_due_anyway: Callable[[], bool],
    ) -> None:
        self._save = save
        self._every_num_epochs = every_num_epochs
        self._every_num_iterations = every_num_iterations
        self._is_due_anyway = is_due_anyway

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Save at SAVING, and after iterations where asked to."""
        trainer.add_event_handler(FitEvents.SAVING, self._save_epoch, run)
        if self._every_num_iterations is not None:
            event = Events.ITERATION_COMPLETED(every=self._every_num_iterations)
            trainer.add_event_handler(event, self._save_iteration)

    def _save_epoch(self, run: Run) -> None:
        if run.epoch % self._every_num_epochs == 0 or self._is_due_anyway():
            self._save()

    def _save_iteration(self, engine: Engine) -> None:
        # The end of an epoch is saved once it has been evaluated, not before.
        if engine.state.iteration % (engine.state.epoch_length or 1):
            self._save()
