"""The end of a training whose generator makes the same image again and again."""

from collections.abc import Mapping
from typing import Annotated, Any

from ignite.engine import Engine
from pydantic import Field

from framework import FitEvents, Handler, Run


class StopOnCollapse(Handler):
    """Ends training once generated images have long been far more alike than real ones.

    Alike is what has little `spread`: the standard deviation of a pixel over the images of a batch,
    as the task `adversarial` logs it.

    Args:
        min_spread_fraction: smallest share of the real images' spread that generated ones may have.
        patience: number of epochs in a row with less after which training stops; the first epochs
            of networks of linear layers may have as little, and be followed by good ones.
    """

    def __init__(
        self,
        *,
        min_spread_fraction: Annotated[float, Field(gt=0, le=1)] = 0.1,
        patience: Annotated[int, Field(ge=1)] = 10,
    ) -> None:
        self._min_spread_fraction = min_spread_fraction
        self._patience = patience
        self._num_epochs = 0

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Look at each epoch once its metrics are complete."""
        trainer.add_event_handler(FitEvents.VALIDATED, self._look, run)

    def _look(self, run: Run) -> None:
        real, generated = (run.metrics.get(f"train/spread/{of}") for of in ("real", "generated"))
        if real is None or generated is None:
            raise ValueError("stop_on_collapse needs the spreads that the task 'adversarial' logs")
        has_collapsed = generated < self._min_spread_fraction * real
        self._num_epochs = self._num_epochs + 1 if has_collapsed else 0
        if self._num_epochs >= self._patience:
            run.stop(
                f"mode collapse: the spread of generated images was {generated:.3g}, that of real "
                f"ones {real:.3g}, and too little for {self._num_epochs} epochs in a row"
            )

    def state_dict(self) -> dict[str, Any]:
        """Number of epochs in a row with too little spread."""
        return {"num_epochs": self._num_epochs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._num_epochs = state["num_epochs"]
