"""Training stops after so many epochs without improvement, and NaN is never one."""

import math

import pytest
from ignite.engine import Engine

from framework.engines.engine import ReliableEngine
from framework.errors import TrainingError
from framework.events import FitEvents
from framework.handlers.early_stopping import EarlyStopping
from framework.handlers.monitoring import Monitor

LOSS = Monitor("validation/loss", "min")
NAN = math.nan


class FakeRun:
    """A run whose validation losses are known beforehand."""

    label = ""

    task, networks, optimizers, best, directory = None, {}, {}, None, None
    num_epochs, seconds = 100, 0.0

    def __init__(self):
        self.epoch, self.metrics, self.reason = 0, {}, None

    def stop(self, reason):
        self.reason = reason


def test_constant_score_with_patience_2_stops_after_3_epochs():
    run = FakeRun()
    assert epochs_until_stop(run, EarlyStopping(LOSS, patience=2), [1.0] * 20) == 3
    assert run.reason == "validation/loss has not improved for 2 epochs"


@pytest.mark.parametrize(
    ("losses", "patience", "stops_after"),
    [
        ([3.0, 2.0, 1.0, 1.0, 1.0], 3, None),
        ([3.0, 2.0, 2.5, 2.5, 1.0], 2, 4),
        ([3.0, 3.0, 2.0, 2.0, 1.0], 2, None),
        ([NAN, 1.0, 2.0, NAN, 0.5], 3, None),
        ([1.0, NAN, 1.0], 2, 3),
        ([1.0, -math.inf, 2.0], 2, 3),
    ],
)
def test_bad_epochs_in_a_row_are_counted(losses, patience, stops_after):
    assert epochs_until_stop(FakeRun(), EarlyStopping(LOSS, patience=patience), losses) == (
        stops_after
    )


def test_nan_neither_improves_nor_becomes_the_best():
    stopping = EarlyStopping(LOSS, patience=10)
    epochs_until_stop(FakeRun(), stopping, [NAN, 1.0, 2.0, NAN])
    assert stopping.state_dict() == {
        "best": 1.0,
        "num_bad_epochs": 2,
        "num_grace_epochs": 0,
    }


def test_nan_alone_ends_as_diverged_when_patience_is_over():
    run = FakeRun()
    with pytest.raises(TrainingError) as caught:
        epochs_until_stop(run, EarlyStopping(LOSS, patience=3), [NAN] * 20)
    (fault,) = caught.value.faults
    assert fault.identifier == "T041"
    assert fault.message == "validation/loss is nan after 3 epochs"
    assert run.epoch == 3
    assert run.reason is None


def test_change_below_min_delta_is_no_improvement():
    falling = [1.0, 0.95, 0.9, 0.85]
    stopping = EarlyStopping(LOSS, patience=2, min_delta=0.2)
    assert epochs_until_stop(FakeRun(), stopping, falling) == 3
    assert epochs_until_stop(FakeRun(), EarlyStopping(LOSS, patience=2), falling) is None


def test_small_steps_add_up_to_an_improvement():
    falling = [1.0, 0.85, 0.7, 0.55, 0.4]
    stopping = EarlyStopping(LOSS, patience=2, min_delta=0.2)
    assert epochs_until_stop(FakeRun(), stopping, falling) is None


@pytest.mark.parametrize("resumed_after", range(6))
def test_resumed_stopping_stops_where_the_uninterrupted_one_does(resumed_after):
    losses = [3.0, 2.0, 2.5, NAN, 1.5, 1.6, 1.7, 1.8, 1.9]
    before, after = (EarlyStopping(LOSS, patience=3) for _ in range(2))
    assert epochs_until_stop(FakeRun(), before, losses[:resumed_after]) is None
    after.load_state_dict(before.state_dict())
    rest = epochs_until_stop(FakeRun(), after, losses[resumed_after:])
    assert resumed_after + rest == 8


@pytest.mark.parametrize(("grace", "stops_after"), [(0, 4), (1, 5), (2, 6), (3, 7)])
def test_epochs_of_grace_count_for_nothing(grace, stops_after):
    run, stopping = FakeRun(), EarlyStopping(LOSS, patience=2)
    assert epochs_until_stop(run, stopping, [1.0, 0.5]) is None
    stopping.grant_grace(grace)
    assert epochs_until_stop(run, stopping, [9.0] * 8) == stops_after


def test_improvement_in_an_epoch_of_grace_counts():
    run, stopping = FakeRun(), EarlyStopping(LOSS, patience=2)
    epochs_until_stop(run, stopping, [1.0, 2.0])
    stopping.grant_grace(2)
    assert epochs_until_stop(run, stopping, [0.5, math.nan, 0.8]) is None
    assert stopping.state_dict() == {"best": 0.5, "num_bad_epochs": 1, "num_grace_epochs": 0}


def test_what_was_best_before_a_restart_stops_nothing_after_it():
    run, stopping = FakeRun(), EarlyStopping(LOSS, patience=2)
    assert epochs_until_stop(run, stopping, [0.1, 0.2]) is None
    stopping.restart()
    assert epochs_until_stop(run, stopping, [0.9, 0.8, 0.7, 0.7, 0.7, 0.7]) == 7


def test_restart_outlasts_a_resume():
    run, before, after = FakeRun(), EarlyStopping(LOSS, patience=2), EarlyStopping(LOSS, patience=2)
    epochs_until_stop(run, before, [0.1, 0.2])
    before.restart()
    after.load_state_dict(before.state_dict())
    assert epochs_until_stop(run, after, [0.9, 0.8, 0.8, 0.8]) == 6


def test_grace_outlasts_a_resume():
    run, before, after = FakeRun(), EarlyStopping(LOSS, patience=2), EarlyStopping(LOSS, patience=2)
    before.grant_grace(3)
    epochs_until_stop(run, before, [1.0, 2.0])
    after.load_state_dict(before.state_dict())
    assert epochs_until_stop(run, after, [2.0] * 5) == 5


def epochs_until_stop(run, stopping, losses):
    """Let a fit have these losses; answer the epoch after which it was stopped."""
    trainer = ReliableEngine(lambda _engine, _batch: None)
    stopping.attach(trainer, Engine(lambda _engine, _batch: None), run)
    for loss in losses:
        run.epoch += 1
        run.metrics = {"validation/loss": loss}
        trainer.fire_event(FitEvents.VALIDATED)
        if run.reason is not None:
            return run.epoch
    return None
