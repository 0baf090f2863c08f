"""Let learning rates follow their schedules."""

from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine, Events

from framework.contracts import Handler, Run
from framework.events import FitEvents
from framework.handlers.monitoring import metric_in


class Schedules(Handler):
    """Sets the learning rate of each optimizer for its next step.

    A schedule advances by one after every iteration in which its optimizer stepped, however often
    it did; one with a `monitor` advances after every evaluation instead.

    Args:
        schedulers: optimizer → its schedule, built around that optimizer.
    """

    def __init__(self, schedulers: Mapping[str, Any]) -> None:
        self._schedulers = dict(schedulers)
        self._have_stepped: set[str] = set()

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Advance after iterations, and after evaluations."""
        trainer.add_event_handler(FitEvents.OPTIMIZER_STEPPED, self._note_step, trainer)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self._after_iteration)
        trainer.add_event_handler(FitEvents.VALIDATED, self._after_evaluation, run)

    def _note_step(self, trainer: Engine) -> None:
        self._have_stepped.add(trainer.state.optimizer_name)  # type: ignore[attr-defined]

    def _after_iteration(self) -> None:
        for name, scheduler in self._schedulers.items():
            if name in self._have_stepped and not hasattr(scheduler, "monitor"):
                scheduler.step()
        self._have_stepped.clear()

    def _after_evaluation(self, run: Run) -> None:
        for scheduler in self._schedulers.values():
            if hasattr(scheduler, "monitor"):
                scheduler.step(metric_in(run.metrics, scheduler.monitor))

    def state_dict(self) -> dict[str, Any]:
        """The schedules' states."""
        return {name: scheduler.state_dict() for name, scheduler in self._schedulers.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        for name, scheduler in self._schedulers.items():
            scheduler.load_state_dict(state[name])
