"""Numbers are set as epochs start, back before these are evaluated, and noted."""

from types import SimpleNamespace

from ignite.engine import Engine, Events

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.parameter_schedules import ParameterSchedules
from framework.recipe.live_numbers import LiveNumber


class FakeRun:
    """A run of a few epochs."""

    label = ""
    task, networks, optimizers, best, directory = None, {}, {}, None, None
    num_epochs, seconds = 3, 0.0

    def __init__(self, epoch=0):
        self.epoch, self.metrics = epoch, {}

    def stop(self, reason): ...


def carried_out(run, handler, holder):
    """The number in each iteration and evaluation of the epochs that are left, and the rows."""
    trainer = ReliableEngine(lambda *_: seen.append(("train", holder.std)))
    seen, rows = [], []

    def end_epoch():
        run.epoch, run.metrics = run.epoch + 1, {}
        trainer.fire_event(FitEvents.VALIDATING)
        seen.append(("evaluate", holder.std))
        rows.append(run.metrics)

    handler.attach(trainer, Engine(lambda *_: None), run)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, end_epoch)
    trainer.run([0], max_epochs=run.num_epochs - run.epoch)
    return seen, rows


def make_handler():
    holder = SimpleNamespace(std=0.7)
    numbers = {"task.std": LiveNumber(holder, "std")}
    return holder, ParameterSchedules(numbers, {"task.std": lambda epoch: epoch / 10})


def test_training_has_the_value_of_the_epoch_and_evaluation_the_one_written():
    holder, handler = make_handler()
    seen, rows = carried_out(FakeRun(), handler, holder)
    trained = [("train", 0.1), ("train", 0.2), ("train", 0.3)]
    assert seen[::2] == trained
    assert seen[1::2] == [("evaluate", 0.7)] * 3
    assert rows == [{"schedule/task.std": value} for _, value in trained]


def test_value_depends_on_the_epoch_alone():
    holder, handler = make_handler()
    assert carried_out(FakeRun(epoch=2), handler, holder)[0] == [("train", 0.3), ("evaluate", 0.7)]
    assert not hasattr(handler, "state_dict")
