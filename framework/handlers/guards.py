"""Refuse to go on with weights that are no longer numbers."""

import torch
from ignite.engine import Engine

from framework.contracts import Handler, Run
from framework.errors import Fault, TrainingError
from framework.events import FitEvents


class FiniteWeights(Handler):
    """Looks for weights that are NaN or infinite after each epoch, before anything is kept.

    The loss alone does not tell: a poisoned weight behind a ReLU that never fires leaves it finite.
    """

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Look when the epoch's training is over and its evaluation has not begun."""
        trainer.add_event_handler(FitEvents.VALIDATING, require_finite_weights, run)


def require_finite_weights(run: Run) -> None:
    """Refuse weights that are not finite.

    Raises:
        TrainingError: names each tensor that holds NaN or an infinite value.
    """
    hint = "try a smaller learning rate; the best weights so far are kept"
    faults = [
        Fault("T040", f"{name}.{key} is not finite in epoch {run.epoch}", hint=hint)
        for name, network in run.networks.items()
        for key, value in network.state_dict().items()
        if value.is_floating_point() and not torch.isfinite(value).all()
    ]
    if faults:
        raise TrainingError(faults)
