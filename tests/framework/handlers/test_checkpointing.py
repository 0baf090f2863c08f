"""A fit is saved when it should be, and at no other moment."""

import pytest
from ignite.engine import Engine, Events

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.checkpointing import Checkpointing

NUM_ITERATIONS = 5


class FakeRun:
    """A run that counts its epochs."""

    label = ""

    task, networks, optimizers, best, directory = None, {}, {}, None, None
    num_epochs, seconds, metrics = 100, 0.0, {}
    epoch = 0

    def stop(self, reason):
        raise AssertionError(reason)


@pytest.mark.parametrize(
    ("every_num_epochs", "saved_after"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (7, [5])]
)
def test_epochs_are_saved_as_asked_and_the_last_one_always(every_num_epochs, saved_after):
    assert saves_of(num_epochs=5, every_num_epochs=every_num_epochs) == [
        (epoch, epoch * NUM_ITERATIONS) for epoch in saved_after
    ]


def test_iterations_are_saved_too_but_the_end_of_an_epoch_only_once_it_is_evaluated():
    assert saves_of(num_epochs=2, every_num_iterations=2) == [
        (0, 2),
        (0, 4),
        (1, 5),
        (1, 6),
        (1, 8),
        (2, 10),  # at SAVING: iteration 10 alone would have come with one epoch completed
    ]


def saves_of(*, num_epochs, **given):
    """The (epochs completed, iteration) at which a fit of so many epochs is saved."""
    run, saves = FakeRun(), []
    trainer = ReliableEngine(lambda _engine, _batch: None)
    checkpointing = Checkpointing(
        lambda: saves.append((run.epoch, trainer.state.iteration)),
        is_due_anyway=lambda: run.epoch == num_epochs,
        **given,
    )
    checkpointing.attach(trainer, Engine(lambda _engine, _batch: None), run)

    @trainer.on(Events.EPOCH_COMPLETED)
    def end_epoch():
        run.epoch += 1
        trainer.fire_event(FitEvents.SAVING)

    trainer.run(range(NUM_ITERATIONS), max_epochs=num_epochs)
    return saves
