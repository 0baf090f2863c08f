"""Tell trackers what happens in a fit, as it happens."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from ignite.engine import Engine, Events
from jaxtyping import UInt8
from torch.nn.utils import get_total_norm

from framework.contracts import SINGLE_OPTIMIZER, Handler, Run
from framework.events import FitEvents
from framework.handlers.tracked_part import TrackedPart

Pictures = Mapping[str, UInt8[np.ndarray, "height width 3"]]


class Tracking(Handler):
    """Gives trackers a row per epoch, rows within epochs where they ask for them, and pictures.

    It only looks on. Numbers of an iteration are called `iteration/…`; those of an epoch have their
    names in `metrics.jsonl`, and `images_per_second` is with them.

    Args:
        part: the run, or the part of one, that is tracked.
        start: lets its trackers begin, after so many iterations.
        pictures: draws what the networks make of a few images now; changes and raises nothing.
    """

    def __init__(
        self,
        part: TrackedPart,
        *,
        start: Callable[[int], None],
        pictures: Callable[[], Pictures],
    ) -> None:
        self._part = part
        self._start_trackers = start
        self._pictures = pictures
        self._rates: dict[str, float] = {}
        self._num_images = 0
        self._started_at = 0.0
        self._throughput: dict[str, float] = {}

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Start at FIT_STARTED, and tell of iterations, evaluations and whole epochs."""
        trainer.add_event_handler(FitEvents.FIT_STARTED, self._start, trainer)
        trainer.add_event_handler(Events.EPOCH_STARTED, self._start_epoch)
        trainer.add_event_handler(FitEvents.BACKWARD_COMPLETED, self._look_at_step, trainer, run)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self._end_iteration, trainer, run)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._end_epoch)
        trainer.add_event_handler(FitEvents.VALIDATED, self._show, trainer, run)
        trainer.add_event_handler(FitEvents.SAVING, self._log_epoch, trainer, run)

    def _start(self, trainer: Engine) -> None:
        self._start_trackers(trainer.state.iteration)

    def _start_epoch(self) -> None:
        self._num_images, self._started_at = 0, time.monotonic()

    def _look_at_step(self, trainer: Engine, run: Run) -> None:
        """Learning rate and gradient, as the optimizer that is about to step finds them."""
        iteration = trainer.state.iteration
        if not self._part.wants_iteration(iteration):
            return
        name = trainer.state.optimizer_name  # type: ignore[attr-defined]
        groups = run.optimizers[name].param_groups
        self._rates[f"iteration/lr{_suffix(name)}"] = float(groups[0]["lr"])
        if self._part.wants_gradient_norm(iteration):
            gradients = [p.grad for group in groups for p in group["params"] if p.grad is not None]
            self._rates[f"iteration/gradient_norm{_suffix(name)}"] = float(
                get_total_norm(gradients)
            )

    def _end_iteration(self, trainer: Engine, run: Run) -> None:
        self._num_images += len(trainer.state.batch)  # type: ignore[arg-type]
        iteration = trainer.state.iteration
        if self._part.wants_iteration(iteration):
            losses: Any = trainer.state.output
            terms = trainer.state.terms  # type: ignore[attr-defined]
            values = {f"iteration/loss{_suffix(name)}": loss for name, loss in losses.items()}
            values |= {f"iteration/{name}": value for name, value in terms.items()} | self._rates
            self._part.log_iteration(values, iteration=iteration, epoch=run.epoch + 1)
        self._rates = {}

    def _end_epoch(self) -> None:
        seconds = time.monotonic() - self._started_at
        self._throughput = {"images_per_second": self._num_images / max(seconds, 1e-9)}

    def _show(self, trainer: Engine, run: Run) -> None:
        if self._part.wants_images(run.epoch):
            pictures = self._pictures()
            iteration = trainer.state.iteration
            self._part.show_training(pictures, iteration=iteration, epoch=run.epoch)

    def _log_epoch(self, trainer: Engine, run: Run) -> None:
        values = {**run.metrics, **self._throughput}
        self._part.log(values, iteration=trainer.state.iteration, epoch=run.epoch)


def _suffix(optimizer: str) -> str:
    return "" if optimizer == SINGLE_OPTIMIZER else f"/{optimizer}"
