"""The recipe `mnist/basic`, carried out as by `framework run`.

Everything that a run does is in it: the recipe checked and its network proven, the data digested,
checkpoints and log written durably.
"""

from collections.abc import Callable
from pathlib import Path

from ignite.engine import Engine, Events

from framework import Handler, Run, run

RECIPE = "mnist/basic"
NO_DOWNLOAD = "dataset.download=false"


class AtEachEpoch(Handler):
    """Calls a function at the beginning of each epoch."""

    def __init__(self, on_epoch: Callable[[], None]) -> None:
        self._on_epoch = on_epoch

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        trainer.add_event_handler(Events.EPOCH_STARTED, self._on_epoch)


def train(folder: Path, *, num_epochs: int, on_epoch: Callable[[], None]) -> None:
    """Train for so many epochs; `on_epoch` is called at the beginning of each."""
    run(
        RECIPE,
        overrides=[NO_DOWNLOAD, f"training.num_epochs={num_epochs}"],
        runs_directory=folder,
        device="cpu",
        handlers=[AtEachEpoch(on_epoch)],
        announce=lambda line: None,  # noqa: ARG005  the run's own lines
    )
