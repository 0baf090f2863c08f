"""One line per epoch, complete and without control characters."""

from ignite.engine import Engine, Events

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.epoch_log import EpochLog, epoch_line


class FakeRun:
    """A run in its third epoch."""

    label = ""

    task, networks, optimizers, directory = None, {}, {}, None
    epoch, num_epochs, seconds = 3, 20, 0.0

    def __init__(self, best):
        self.metrics, self.best = {"train/loss": 0.123456789, "lr": 1e-5}, best

    def stop(self, reason):
        raise AssertionError(reason)


def test_line_tells_epoch_metrics_best_and_time():
    run = FakeRun({"metric": "validation/loss", "mode": "min", "value": 0.25, "epoch": 2})
    assert epoch_line(run, seconds=1.26) == (
        "epoch  3/20  train/loss 0.12346  lr 1e-05  best 0.25 (epoch 2)  1.3 s"
    )


def test_line_of_a_run_that_monitors_nothing_names_no_best():
    assert epoch_line(FakeRun(None), seconds=0.0) == (
        "epoch  3/20  train/loss 0.12346  lr 1e-05  0.0 s"
    )


def test_log_writes_one_line_per_epoch_when_it_is_saved():
    lines = []
    trainer = ReliableEngine(lambda _engine, _batch: None)
    EpochLog(lines.append).attach(trainer, Engine(lambda _engine, _batch: None), FakeRun(None))
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: lines.append("completed"))
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: trainer.fire_event(FitEvents.SAVING))
    trainer.run([0, 1], max_epochs=2)
    assert [line.split("  ")[0] for line in lines] == ["completed", "epoch"] * 2
    assert not any(character in "".join(lines) for character in "\r\n\x1b")
