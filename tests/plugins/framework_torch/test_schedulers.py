"""Rates follow the shapes that schedulers promise, and go on after a round trip of the state."""

import io
import math

import pytest
import torch

from framework import Horizon, Scheduler
from framework_torch.schedulers import cosine, exponential, one_cycle, reduce_on_plateau, step

HORIZON = Horizon(num_steps=40, steps_per_epoch=10)
SCHEDULES = {
    "one_cycle": lambda optimizer: one_cycle(optimizer, HORIZON, max_lr=0.5),
    "cosine": lambda optimizer: cosine(optimizer, HORIZON, min_lr=0.01),
    "cosine, warmed up": lambda optimizer: cosine(optimizer, HORIZON, warm_up_num_epochs=1.5),
    "exponential": lambda optimizer: exponential(optimizer, HORIZON, gamma=0.5),
    "exponential, warmed up": lambda o: exponential(o, HORIZON, gamma=0.5, warm_up_num_epochs=1.0),
    "step": lambda optimizer: step(optimizer, HORIZON, every_num_epochs=2),
    "step, warmed up": lambda o: step(o, HORIZON, every_num_epochs=1, warm_up_num_epochs=0.2),
}


def make_optimizer(make=torch.optim.Adam, lr=0.1):
    return make([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def rates(make_scheduler, optimizer=None, num_steps=HORIZON.num_steps):
    """The rate of every step."""
    optimizer = optimizer or make_optimizer()
    scheduler = make_scheduler(optimizer)
    found = []
    for number in range(num_steps):
        if number:
            scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    return found


def stored(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)


def test_one_cycle_rises_to_its_peak_and_falls_to_almost_nothing():
    found = rates(SCHEDULES["one_cycle"])
    peak = found.index(max(found))
    assert found[0] == pytest.approx(0.5 / 25)
    assert (peak, found[peak]) == (11, pytest.approx(0.5))
    assert found[: peak + 1] == sorted(found[: peak + 1])
    assert found[peak:] == sorted(found[peak:], reverse=True)
    assert found[-1] == pytest.approx(0.5 / 25 / 1e4)


@pytest.mark.parametrize("fraction", [0.0, 0.025, 0.5, 1.0])
def test_one_cycle_takes_any_share_of_warm_up(fraction):
    found = rates(lambda o: one_cycle(o, HORIZON, max_lr=0.5, warm_up_fraction=fraction))
    assert max(found) == pytest.approx(0.5, rel=0.01)


def test_one_cycle_moves_momentum_where_there_is_any():
    adam, descent = make_optimizer(), make_optimizer(torch.optim.SGD)
    rates(SCHEDULES["one_cycle"], adam, num_steps=12)
    assert adam.param_groups[0]["betas"] == (pytest.approx(0.85), 0.999)
    rates(SCHEDULES["one_cycle"], descent, num_steps=12)
    assert descent.param_groups[0]["momentum"] == 0
    still = make_optimizer()
    rates(lambda o: one_cycle(o, HORIZON, max_lr=0.5, cycle_momentum=False), still)
    assert still.param_groups[0]["betas"] == (0.9, 0.999)


def test_cycle_of_one_step_is_refused():
    with pytest.raises(ValueError, match="at least 2 optimizer steps, found 1"):
        one_cycle(make_optimizer(), Horizon(num_steps=1, steps_per_epoch=1), max_lr=0.5)


def test_cosine_falls_along_half_a_cosine():
    expected = [0.01 + 0.09 * (1 + math.cos(math.pi * k / 40)) / 2 for k in range(40)]
    assert rates(SCHEDULES["cosine"]) == pytest.approx(expected)


def test_exponential_falls_by_gamma_in_every_epoch():
    found = rates(SCHEDULES["exponential"])
    assert found == pytest.approx([0.1 * 0.5 ** (k / 10) for k in range(40)])


def test_step_falls_at_once():
    assert rates(SCHEDULES["step"]) == pytest.approx([0.1] * 20 + [0.01] * 20)


@pytest.mark.parametrize(
    ("name", "num_steps"),
    [("cosine, warmed up", 15), ("exponential, warmed up", 10), ("step, warmed up", 2)],
)
def test_warm_up_rises_in_a_line_to_where_the_fall_begins(name, num_steps):
    found = rates(SCHEDULES[name])
    line = [0.1 * (0.001 + 0.999 * k / num_steps) for k in range(num_steps)]
    assert found[:num_steps] == pytest.approx(line)
    assert found[num_steps] == pytest.approx(0.1)
    rest = found[num_steps:]
    assert rest == sorted(rest, reverse=True)
    assert rest[-1] < 0.06


def test_warm_up_of_the_whole_training_is_refused():
    with pytest.raises(ValueError, match="a warm-up of 4 epochs takes the whole training of 4"):
        cosine(make_optimizer(), HORIZON, warm_up_num_epochs=4.0)


@pytest.mark.parametrize("make_scheduler", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("num_before", [1, 9, 15, 30])
def test_schedule_goes_on_from_its_state_to_the_bit(make_scheduler, num_before):
    expected = rates(make_scheduler)
    optimizer, resumed = make_optimizer(), make_optimizer()
    scheduler = make_scheduler(optimizer)
    optimizer.step()
    for _ in range(num_before):
        scheduler.step()
    after = make_scheduler(resumed)
    resumed.load_state_dict(stored(optimizer.state_dict()))
    after.load_state_dict(stored(scheduler.state_dict()))
    resumed.step()
    found = [resumed.param_groups[0]["lr"]]
    for _ in range(num_before + 1, HORIZON.num_steps):
        after.step()
        found.append(resumed.param_groups[0]["lr"])
    assert found == expected[num_before:]


def test_plateau_is_left_after_patience_and_remembered():
    optimizer, resumed = make_optimizer(), make_optimizer()
    before = reduce_on_plateau(optimizer, patience=2, factor=0.5, min_lr=0.04)
    assert isinstance(before, Scheduler)
    assert before.monitor == "validation/loss"
    for loss in (1.0, 0.9, 0.95, math.nan):
        before.step(loss)
    assert optimizer.param_groups[0]["lr"] == 0.1
    after = reduce_on_plateau(resumed, patience=2, factor=0.5, min_lr=0.04)
    after.load_state_dict(stored(before.state_dict()))
    found = []
    for loss in (0.95, 0.8, 0.8, 0.8, 0.8):
        after.step(loss)
        found.append(resumed.param_groups[0]["lr"])
    assert found == pytest.approx([0.05, 0.05, 0.05, 0.05, 0.04])
