"""Schedules advance with the steps of their own optimizer, or after evaluations."""

import pytest
import torch
from ignite.engine import Engine, Events
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from framework.engines.engine import ReliableEngine
from framework.errors import RecipeError
from framework.events import FitEvents
from framework.handlers.schedules import Schedules


class FakeRun:
    """A run of some optimizers."""

    label = ""

    task, networks, best, directory, epoch, num_epochs, seconds = None, {}, None, None, 0, 1, 0.0

    def __init__(self, optimizers):
        self.optimizers, self.metrics = optimizers, {}

    def stop(self, reason): ...


def make_optimizers(*names):
    return {name: torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0) for name in names}


def counting(optimizer):
    """A schedule whose rate is the number of the step, from 1."""
    return LambdaLR(optimizer, lambda number: number + 1.0)


def attached(schedules):
    trainer, run = ReliableEngine(lambda *_: None), FakeRun({})
    schedules.attach(trainer, Engine(lambda *_: None), run)
    return trainer, run


def iterate(trainer, optimizers, *names):
    """Step these optimizers in one iteration; answer the rates of their steps."""
    rates = []
    for name in names:
        rates.append(optimizers[name].param_groups[0]["lr"])
        optimizers[name].step()
        trainer.state.optimizer_name = name
        trainer.fire_event(FitEvents.OPTIMIZER_STEPPED)
    trainer.fire_event(Events.ITERATION_COMPLETED)
    return rates


def test_every_step_has_its_rate():
    optimizers = make_optimizers("main")
    trainer, _ = attached(Schedules({"main": counting(optimizers["main"])}))
    assert [iterate(trainer, optimizers, "main") for _ in range(3)] == [[1.0], [2.0], [3.0]]
    trainer.fire_event(FitEvents.VALIDATED)
    assert optimizers["main"].param_groups[0]["lr"] == 4.0


def test_schedule_follows_its_own_optimizer():
    optimizers = make_optimizers("critic", "generator")
    schedules = {name: counting(optimizer) for name, optimizer in optimizers.items()}
    trainer, _ = attached(Schedules(schedules))
    assert iterate(trainer, optimizers, "critic", "critic") == [1.0, 1.0]
    assert iterate(trainer, optimizers, "critic", "critic", "generator") == [2.0, 2.0, 1.0]
    assert iterate(trainer, optimizers, "generator", "critic") == [2.0, 3.0]


def test_optimizer_without_a_schedule_keeps_its_rate():
    optimizers = make_optimizers("critic", "generator")
    trainer, _ = attached(Schedules({"critic": counting(optimizers["critic"])}))
    assert [iterate(trainer, optimizers, "generator") for _ in range(3)] == [[1.0]] * 3


@pytest.mark.parametrize("num_before", [0, 1, 3])
def test_schedules_go_on_from_their_state(num_before):
    before, after = make_optimizers("main"), make_optimizers("main")
    schedules, resumed = (Schedules({"main": counting(o["main"])}) for o in (before, after))
    trainer, _ = attached(schedules)
    for _ in range(num_before):
        iterate(trainer, before, "main")
    after["main"].load_state_dict(before["main"].state_dict())
    resumed.load_state_dict(schedules.state_dict())
    trainer, _ = attached(resumed)
    found = [iterate(trainer, after, "main") for _ in range(num_before, 5)]
    assert found == [[i + 1.0] for i in range(num_before, 5)]


def watching(optimizer, monitor="validation/loss"):
    scheduler = ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
    scheduler.monitor = monitor
    return scheduler


def test_schedule_with_a_monitor_is_told_of_evaluations_only():
    optimizers = make_optimizers("main")
    trainer, run = attached(Schedules({"main": watching(optimizers["main"])}))
    found = []
    for loss in (3.0, 2.0, 2.0, 1.0):
        found += iterate(trainer, optimizers, "main")
        run.metrics = {"validation/loss": loss}
        trainer.fire_event(FitEvents.VALIDATED)
    assert found == [1.0, 1.0, 1.0, 0.5]


def test_monitor_that_nothing_measures_is_refused():
    optimizers = make_optimizers("main")
    trainer, run = attached(Schedules({"main": watching(optimizers["main"], "validation/lss")}))
    run.metrics = {"validation/loss": 1.0}
    with pytest.raises(RecipeError, match="no metric named 'validation/lss'; did you mean"):
        trainer.fire_event(FitEvents.VALIDATED)
