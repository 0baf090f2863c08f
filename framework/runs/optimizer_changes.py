"""What a recipe has changed about its optimizers since a checkpoint, where that was forced.

PyTorch brings an optimizer's parameters back with its state: what the recipe says now would count
for nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch.optim import Optimizer

from framework.recipe.plans import Plan
from framework.wording import value_text

Parameters = Mapping[str, Mapping[str, Any]]
"""Optimizer → its parameters as a recipe spells them."""

_Rates = tuple[float, float]
"""A learning rate as it was, and as it is now."""


def optimizer_parameters(plan: Plan) -> dict[str, dict[str, Any]]:
    """The parameters of all optimizers, their types among them."""
    return {name: dict(each.plain) for name, each in plan.components.optimizers.items()}


def other_optimizers(before: Parameters, now: Parameters) -> set[str]:
    """Names of optimizers that are there on one side only, or of another type."""
    sides = [{(name, each["type"]) for name, each in side.items()} for side in (before, now)]
    return {name for name, _ in sides[0] ^ sides[1]}


def words_on_changes(plan: Plan, state: Mapping[str, Any]) -> Iterator[str]:
    """Which parameters are others than those that a fit was saved with, one line for each."""
    for name, planned in plan.components.optimizers.items():
        before = state["optimizer_parameters"].get(name, {})
        for key in _changed(before, planned.plain):
            old, new = (value_text(values.get(key)) for values in (before, planned.plain))
            yield f"{planned.role}.{key} was {old} and is {new} from here on"


def with_changes(
    state: Mapping[str, Any], parameters: Parameters, optimizers: Mapping[str, Optimizer]
) -> dict[str, Any]:
    """The state of a fit with what the recipe has changed since.

    Learning rates change in proportion, so that a schedule goes on where it was.

    Args:
        state: what was saved, for the same optimizers by name and type.
        parameters: what the recipe says now.
        optimizers: the optimizers as they were built, with their schedulers, and not used yet.
    """
    saved, schedules = dict(state["optimizers"]), dict(state["handlers"].get("schedules", {}))
    for name, optimizer in optimizers.items():
        before, now = state["optimizer_parameters"][name], parameters[name]
        if not (changed := _changed(before, now)):
            continue
        groups = list(zip(saved[name]["param_groups"], optimizer.param_groups, strict=True))
        others = [key for key in changed if key != "lr"]
        rates = [_rates(old, new, before, now) for old, new in groups]
        rescaled = [
            _rescaled(old, each) | {key: new[key] for key in others if key in new}
            for (old, new), each in zip(groups, rates, strict=True)
        ]
        saved[name] = {**saved[name], "param_groups": rescaled}
        if name in schedules:
            schedules[name] = _rescaled_schedule(schedules[name], rates)
    handlers = dict(state["handlers"]) | ({"schedules": schedules} if schedules else {})
    return {**state, "optimizers": saved, "handlers": handlers}


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [key for key in now if before.get(key) != now[key]]


def _rates(
    saved: Mapping[str, Any],
    built: Mapping[str, Any],
    before: Mapping[str, Any],
    now: Mapping[str, Any],
) -> _Rates:
    """The rate that a group went by; that of a scheduler need not be the optimizer's own."""
    if "initial_lr" in saved and "initial_lr" in built:
        return saved["initial_lr"], built["initial_lr"]
    return before.get("lr", 1.0), now.get("lr", 1.0)


def _rescaled(group: Mapping[str, Any], rates: _Rates) -> dict[str, Any]:
    present = [key for key in ("lr", "initial_lr") if key in group]
    return {**group, **{key: _in_proportion(group[key], rates) for key in present}}


def _rescaled_schedule(state: Mapping[str, Any], rates: Sequence[_Rates]) -> dict[str, Any]:
    """A scheduler's state, and those of the schedulers that it is made of, for other rates."""
    changed: dict[str, Any] = dict(state)
    if "base_lrs" in state:
        pairs = zip(state["base_lrs"], rates, strict=True)
        changed["base_lrs"] = [_in_proportion(rate, each) for rate, each in pairs]
    if "_schedulers" in state:
        changed["_schedulers"] = [_rescaled_schedule(s, rates) for s in state["_schedulers"]]
    return changed


def _in_proportion(rate: float, rates: _Rates) -> float:
    before, now = rates
    return now * (rate / before)  # exactly the new rate, where it was exactly the old
