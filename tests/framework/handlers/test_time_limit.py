"""Training ends with the epoch in which its time is over."""

from ignite.engine import Engine

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.time_limit import TimeLimit


class FakeRun:
    """A run whose epochs take a minute."""

    label = ""

    task, networks, optimizers, metrics, best, directory = None, {}, {}, {}, None, None
    epoch, num_epochs, seconds, reason = 0, 4, 0.0, None

    def stop(self, reason):
        self.reason = reason


def epochs_until_stop(minutes):
    run, trainer = FakeRun(), ReliableEngine(lambda _engine, _batch: None)
    TimeLimit(minutes=minutes).attach(trainer, Engine(lambda _engine, _batch: None), run)
    while run.reason is None and run.epoch < run.num_epochs:
        run.epoch += 1
        run.seconds += 60
        trainer.fire_event(FitEvents.VALIDATED)
    return run.epoch, run.reason


def test_time_limit_stops_after_the_epoch_that_passes_it():
    reason = "training has taken 3 minutes, the limit is 2.5"
    assert epochs_until_stop(2.5) == (3, reason)


def test_time_limit_that_is_not_passed_or_comes_too_late_stops_nothing():
    assert epochs_until_stop(5.0) == (4, None)
    assert epochs_until_stop(3.5) == (4, None)
