"""What a recipe changes about its optimizers holds after a continuation; schedules go on."""

from functools import partial
from pathlib import Path

import pytest
import small_fits
import torch
from small_fits import stored

from framework.errors import CheckpointError
from framework.runs.optimizer_changes import other_optimizers, words_on_changes

SUPPORT = Path(__file__).parents[2] / "support"
SHORT = (
    "training={num_epochs: 4, batch_size: 50}",
    "early_stopping=null",
    "checkpointing=null",
    "optimizer={type: adam, lr: 0.03}",
)
PLAIN = "handlers=[]"
OTHER_RATE = "optimizer.lr=0.07"
TINY = (SUPPORT / "tiny.yaml", *SHORT)
prepared, make_fit = partial(small_fits.prepared, *TINY), partial(small_fits.make_fit, *TINY)


def continued(before, *changes, num_epochs=2):
    """A fit of the changed recipe, continued after so many epochs of the other; and that state."""
    first = make_fit(*before)
    for _ in range(num_epochs):
        first.advance()
    state = stored(first)
    fit = make_fit(*before, *changes)
    fit.load_state_dict(state)
    return fit, state


def rates(fit):
    seen = []
    while fit.epoch < fit.num_epochs:
        fit.advance()
        seen.append(fit.metrics["lr"])
    return seen


def group(fit):
    (optimizer,) = fit.optimizers.values()
    return optimizer.param_groups[0]


def test_changed_parameters_hold_to_the_bit_and_the_others_stay():
    changes = (OTHER_RATE, "optimizer.betas=[0.5, 0.9]", "optimizer.weight_decay=0.01")
    fit, state = continued([PLAIN], *changes)
    found = group(fit)
    assert (found["lr"], found["betas"], found["weight_decay"]) == (0.07, (0.5, 0.9), 0.01)
    assert found["eps"] == 1e-8
    moments = fit.optimizers["main"].state_dict()["state"][0]["exp_avg"]
    assert torch.equal(moments, state["optimizers"]["main"]["state"][0]["exp_avg"])
    assert rates(fit) == [0.07, 0.07]


@pytest.mark.slow
@pytest.mark.parametrize(
    "scheduler",
    [
        "cosine",
        "{type: cosine, warm_up_num_epochs: 3}",  # changed within the warm-up
        "{type: exponential, gamma: 0.5, warm_up_num_epochs: 1}",
        "{type: step, every_num_epochs: 1}",
    ],
)
def test_schedule_goes_on_as_if_the_new_rate_had_been_there_from_the_start(scheduler):
    settings = (PLAIN, f"scheduler={scheduler}")
    fit, _ = continued(settings, OTHER_RATE)
    expected = rates(make_fit(*settings, OTHER_RATE))
    assert rates(fit) == pytest.approx(expected[2:])


def test_schedule_with_a_rate_of_its_own_goes_on_as_before():
    settings = (PLAIN, "scheduler={type: one_cycle, max_lr: 0.1}")
    fit, _ = continued(settings, OTHER_RATE)
    assert rates(fit) == rates(make_fit(*settings))[2:]


def test_rate_that_a_handler_has_changed_keeps_its_proportion():
    untouched, _ = continued(["handlers=[cooling]"])
    changed, _ = continued(["handlers=[cooling]"], OTHER_RATE)
    assert group(changed)["lr"] == pytest.approx(group(untouched)["lr"] / 0.03 * 0.07)
    assert group(untouched)["lr"] < 0.03


def test_nothing_is_changed_where_the_recipe_is_the_same():
    fit, state = continued([PLAIN, "scheduler=cosine"])
    assert (
        fit.state_dict()["optimizers"]["main"]["param_groups"]
        == (state["optimizers"]["main"]["param_groups"])
    )
    assert list(words_on_changes(prepared(PLAIN, "scheduler=cosine")[0], state)) == []


def test_every_change_is_told_with_both_values():
    _, state = continued([PLAIN])
    plan = prepared(PLAIN, OTHER_RATE, "optimizer.weight_decay=0.01")[0]
    assert list(words_on_changes(plan, state)) == [
        "optimizer.lr was 0.03 and is 0.07 from here on",
        "optimizer.weight_decay was 0.0001 and is 0.01 from here on",
    ]


def test_state_of_another_type_of_optimizer_is_refused():
    with pytest.raises(CheckpointError, match="they differ in main"):
        continued([PLAIN], "optimizer.type=adamw")


def test_other_optimizers_are_those_on_one_side_and_of_other_types():
    before = {"a": {"type": "adam"}, "b": {"type": "adam"}, "c": {"type": "sgd"}}
    now = {"a": {"type": "adam", "lr": 1.0}, "b": {"type": "sgd"}, "d": {"type": "sgd"}}
    assert other_optimizers(before, now) == {"b", "c", "d"}
