"""Let numbers of the recipe follow their schedules."""

from collections.abc import Callable, Mapping

from ignite.engine import Engine, Events

from framework.contracts import Handler, Run
from framework.events import FitEvents
from framework.recipe.live_numbers import LiveNumber


class ParameterSchedules(Handler):
    """Sets numbers as each epoch starts, and back to what they were before it is evaluated.

    So every evaluation, whatever its epoch, measures the same, and what is monitored can be
    compared. The values of the epoch go into the metrics as `schedule/<place in the recipe>`. They
    depend on the number of the epoch alone: there is no state.

    Args:
        numbers: place in the recipe → the number, which has the value that the recipe gives it.
        courses: place in the recipe → epoch, from 1 → value.
    """

    def __init__(
        self, numbers: Mapping[str, LiveNumber], courses: Mapping[str, Callable[[int], float]]
    ) -> None:
        self._numbers = dict(numbers)
        self._courses = dict(courses)
        self._written = {place: number.value for place, number in numbers.items()}

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Set at EPOCH_STARTED, set back at VALIDATING; attached before what uses the numbers."""
        trainer.add_event_handler(Events.EPOCH_STARTED, self._set, run)
        trainer.add_event_handler(FitEvents.VALIDATING, self._set_back, run)

    def _set(self, run: Run) -> None:
        for place, number in self._numbers.items():
            number.set(self._courses[place](run.epoch + 1))  # this one counts from VALIDATING on

    def _set_back(self, run: Run) -> None:
        for place, number in self._numbers.items():
            run.metrics[f"schedule/{place}"] = number.value
            number.set(self._written[place])
