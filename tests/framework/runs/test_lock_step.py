"""Fits in lock-step: laggards first, none more than an epoch ahead."""

from framework.runs.fit import Fit
from framework.runs.lock_step import LockStep


class Counting(Fit):
    """Counts epochs up to a number of its own, and trains nothing."""

    def __init__(self, num_epochs, epoch=0):
        self.epoch, self.num_epochs = epoch, num_epochs
        self.is_interrupted = False

    @property
    def is_over(self):
        return self.epoch == self.num_epochs

    def interrupt(self):
        self.is_interrupted = True

    def advance(self):
        self.epoch += 1
        return not self.is_over


def order_of(fits):
    steps, order = LockStep(fits), []
    while (place := steps.next()) is not None:
        fits[place].advance()
        order.append(place)
    return order


def test_fits_take_turns():
    assert order_of([Counting(2), Counting(2), Counting(2)]) == [0, 1, 2, 0, 1, 2]


def test_laggards_catch_up_first():
    assert order_of([Counting(4, epoch=2), Counting(4), Counting(4, epoch=1)]) == [
        1,
        1,
        2,
        0,
        1,
        2,
        0,
        1,
        2,
    ]


def test_fits_that_end_early_are_left_out():
    assert order_of([Counting(1), Counting(3), Counting(2, epoch=2)]) == [0, 1, 1, 1]


def test_fits_that_are_over_leave_nothing_to_do():
    assert LockStep([Counting(1, epoch=1)]).next() is None
    assert LockStep([]).next() is None


def test_interruption_reaches_every_fit_and_none_comes_next():
    fits = [Counting(2), Counting(2)]
    steps = LockStep(fits)
    assert steps.next() == 0
    steps.interrupt()
    assert steps.next() is None
    assert all(fit.is_interrupted for fit in fits)
