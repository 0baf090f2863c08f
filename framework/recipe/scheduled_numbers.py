"""Which numbers of a recipe can follow a schedule, and what is wrong with schedules of others."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from torch.optim import Optimizer

from framework.errors import Fault, nearest_hint
from framework.recipe.blocks import Block, Schedule
from framework.recipe.construction import REFUSED_VALUES, construction
from framework.recipe.live_numbers import LiveNumber, live_number
from framework.recipe.plans import Plan, PlannedComponent
from framework.recipe.schema import Recipe
from framework.validation import InvalidValues, validated
from framework.wording import value_text

_CANNOT_BE_SCHEDULED = "R027"
_AT_WORK = ("handlers", "loss", "networks", "optimizer", "optimizers", "task")
"""Where a recipe names components that live as long as training does."""


@dataclass(frozen=True)
class _Owner:
    """What keeps the numbers of one place in the recipe.

    Attributes:
        holder: what the dry run has built there; of our own handlers, the block that they follow.
        values: its parameters.
        plain: the same as a recipe spells them.
        validate: checks parameters as a recipe spells them, and raises `InvalidValues`.
        component: the component that it was built from; None for a block.
    """

    holder: Any
    values: Mapping[str, Any]
    plain: Mapping[str, Any]
    validate: Callable[[Mapping[str, Any]], object]
    component: PlannedComponent | None = None


def schedule_faults(plan: Plan, parts: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the schedules of a plan.

    Args:
        plan: what will be carried out.
        parts: what a dry run has built, by its place in the recipe; every value that a schedule
            passes through is tried on it.

    Raises:
        PluginError: a component fails where it should take a value or refuse it.
    """
    if not plan.recipe.schedules:
        return []
    owners = _owners(plan, parts)
    numbers = dict(_schedulable(plan, owners))
    faults: list[Fault] = []
    for index, schedule in enumerate(plan.recipe.schedules):
        if schedule.parameter in numbers:
            number = numbers[schedule.parameter]
            faults += _value_faults(plan, index, schedule, number, owners)
        else:
            key = f"schedules.{index}.parameter"
            place = plan.document.place(("schedules", index, "parameter"))
            message = _reason(plan, schedule.parameter)
            hint = _way_out(plan, schedule.parameter, list(numbers))
            faults.append(Fault(_CANNOT_BE_SCHEDULED, message, key, place, hint))
    return faults


def _owners(plan: Plan, parts: Mapping[str, Any]) -> dict[str, _Owner]:
    owners = {}
    for planned in plan.components.all():
        if planned.role.partition(".")[0] in _AT_WORK:
            parameters = planned.component.parameters
            plain = {name: planned.plain[name] for name in parameters.names}
            holder, values = parts[planned.role], planned.values
            owners[planned.role] = _Owner(holder, values, plain, parameters.validate, planned)
    for place, block in _blocks(plan.recipe):
        validate = partial(validated, TypeAdapter(type(block)))
        owners[place] = _Owner(block, dict(block), block.model_dump(mode="json"), validate)
    return owners


def _blocks(recipe: Recipe) -> Iterator[tuple[str, Block]]:
    """The blocks whose numbers our own handlers keep, with their places."""
    if recipe.gradient_clipping is not None:
        yield "gradient_clipping", recipe.gradient_clipping
    if recipe.averaging is not None:
        yield "averaging", recipe.averaging
    pruning = recipe.weight_pruning
    if pruning is not None and pruning.every_num_epochs is not None:
        for index, group in enumerate(pruning.groups):
            yield f"weight_pruning.groups.{index}", group


def _schedulable(plan: Plan, owners: Mapping[str, _Owner]) -> Iterator[tuple[str, LiveNumber]]:
    """Every number that can be scheduled, after its path."""
    holders = {role: owner.holder for role, owner in owners.items()}
    for role, owner in owners.items():
        for name, value in _numbers(owner.values):
            if name == "lr" and isinstance(owner.holder, Optimizer):
                continue
            with _fence(owner, plan), suppress(LookupError):
                number = live_number(f"{role}.{name}", holders)
                if number.value == value and _can_be_set(number):
                    yield f"{role}.{name}", number


def _fence(owner: _Owner, plan: Plan) -> AbstractContextManager[None]:
    if owner.component is None:
        return nullcontext()
    return construction(owner.component, plan.document)


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Numbers, and numbers in lists; whole ones decide how something is built."""
    for name, value in values.items():
        if isinstance(value, float):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((f"{name}.{i}", v) for i, v in enumerate(value) if isinstance(v, float))


def _can_be_set(number: LiveNumber) -> bool:
    if isinstance(number.holder, Block):
        return True
    try:
        number.set(number.value)
    except AttributeError:
        return False
    return True


def _value_faults(
    plan: Plan,
    index: int,
    schedule: Schedule,
    number: LiveNumber,
    owners: Mapping[str, _Owner],
) -> Iterator[Fault]:
    """What the owner of a number has against the values of its schedule."""
    owner = next(each for each in owners.values() if each.holder is number.holder)
    for place, (_, value) in enumerate(schedule.points):
        path = ("schedules", index, "points", place, 1)
        try:
            owner.validate(_with_value(owner.plain, schedule.parameter, number, value))
        except InvalidValues as error:
            found = error.problems[0]
            where = plan.document.place(path)
            yield Fault(
                found.identifier, found.message, ".".join(map(str, path)), where, found.hint
            )
            continue
        if owner.component is not None:
            yield from _refusal(plan, path, number, value, owner.component)


def _with_value(
    plain: Mapping[str, Any], parameter: str, number: LiveNumber, value: float
) -> Mapping[str, Any]:
    if number.index is None:
        return {**plain, parameter.rpartition(".")[2]: value}
    name = parameter.split(".")[-2]
    numbers = list(plain[name])
    numbers[number.index] = value
    return {**plain, name: numbers}


def _refusal(
    plan: Plan,
    path: tuple[str | int, ...],
    number: LiveNumber,
    value: float,
    component: PlannedComponent,
) -> Iterator[Fault]:
    with construction(component, plan.document):
        try:
            number.set(value)
        except ValueError as error:
            message = f"{component.component.label} refuses {value_text(value)}: {error}"
            place = plan.document.place(path)
            yield Fault(REFUSED_VALUES, message, ".".join(map(str, path)), place)


def _reason(plan: Plan, parameter: str) -> str:
    if parameter in _learning_rates(plan):
        return f"'{parameter}' is set by a scheduler, not by a schedule"
    value: Any = plan.resolved
    walked: list[str] = []
    for step in parameter.split("."):
        if value is None:
            return f"'{'.'.join(walked)}' is null, so there is no '{parameter}'"
        value = _within(value, step)
        walked.append(step)
        if value is _NOTHING:
            return f"the recipe has no '{'.'.join(walked)}'"
    if isinstance(value, float):
        return f"'{parameter}' is not kept where a schedule could change it"
    kinds = "whole numbers, names and switches"
    return f"{kinds} cannot be scheduled, and '{parameter}' is {value_text(value)}"


_NOTHING = object()


def _within(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step, _NOTHING)
    is_place = isinstance(value, list) and step.isdigit() and int(step) < len(value)
    return value[int(step)] if is_place else _NOTHING


def _way_out(plan: Plan, parameter: str, known: list[str]) -> str:
    if parameter in _learning_rates(plan):
        return f"write {_learning_rates(plan)[parameter]}"
    if not known:
        return "nothing in this recipe can be scheduled"
    return nearest_hint(parameter, known) or f"there are {', '.join(known)}"


def _learning_rates(plan: Plan) -> dict[str, str]:
    """Place of a learning rate → what to write instead of a schedule for it."""
    names = {each.role: name for name, each in plan.components.optimizers.items()}
    return {
        f"{role}.lr": "scheduler" if role == "optimizer" else f"schedulers: {{{name}: …}}"
        for role, name in names.items()
    }
