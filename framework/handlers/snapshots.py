"""Keep the weights of chosen epochs, for figures that compare them."""

from collections.abc import Callable, Collection

from ignite.engine import Engine

from framework.contracts import Handler, Run
from framework.events import FitEvents
from framework.handlers.best_weights import Weights, copy_weights


class Snapshots(Handler):
    """Stores exactly the weights that were evaluated after each chosen epoch.

    Args:
        epochs: the epochs; 0 stands for the untrained networks.
        store: writes the weights of an epoch.
    """

    def __init__(self, epochs: Collection[int], store: Callable[[int, Weights], None]) -> None:
        self._epochs = frozenset(epochs)
        self._store = store

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Store before the first iteration and after evaluations."""
        trainer.add_event_handler(FitEvents.FIT_STARTED, self._keep_untrained, trainer, run)
        trainer.add_event_handler(FitEvents.VALIDATED, self._keep, run)

    def _keep_untrained(self, trainer: Engine, run: Run) -> None:
        if trainer.state.iteration == 0:
            self._keep(run)

    def _keep(self, run: Run) -> None:
        if run.epoch in self._epochs:
            self._store(run.epoch, copy_weights(run.networks))
