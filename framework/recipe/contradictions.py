"""Settings of a recipe that are right one by one and wrong together."""

from collections.abc import Iterator, Mapping
from typing import Any

from framework.errors import nearest_hint
from framework.validation import MISSING_KEY, Problem

_CONTRADICTION = "R008"
_NO_OPTIMIZER = "R011"
_OUT_OF_RANGE = "R012"
_CANNOT_BE_DRAWN = "R034"
_DEFAULT_MONITOR = "validation/loss"
_PARTS_OF_THE_LOSS = ("loss.", "networks.", "task.")
_NEVER_DRAWN = {
    "cross_validation": "trials could not be compared",
    "dataset": "trials could not be compared",
    "executor": "it changes no result",
    "extends": "it is read before",
    "format": "it changes no result",
    "name": "it changes no result",
    "search": "it is what draws",
    "seed": "trials could not be compared",
    "seeds": "trials could not be compared",
    "validation": "trials could not be compared",
}
"""Keys of a recipe that no search draws → why."""


def contradictions(values: Mapping[str, Any]) -> list[Problem]:
    """What does not go together in a recipe, whose values need not have been checked yet."""
    return [
        *_optimizers(values),
        *_schedulers(values),
        *_directions(values),
        *_pruned_twice(values),
        *_endless_grace(values),
        *_scheduled_twice(values),
        *_moving_targets(values),
        *_folds(values),
        *_frozen_and_changed(values),
        *_nothing_to_train(values),
        *_no_epochs(values),
        *_searches(values),
    ]


def _optimizers(values: Mapping[str, Any]) -> Iterator[Problem]:
    if "optimizer" in values and values.get("optimizers"):
        message = "optimizer and optimizers are both given"
        yield Problem(("optimizers",), message, "write one of the two", _CONTRADICTION)
    elif _mapping(values, "training").get("num_epochs") == 0:
        return
    elif "optimizer" not in values and not values.get("optimizers"):
        hint = "expected a component, or optimizers with several by name"
        yield Problem(("optimizer",), "'optimizer' is missing", hint, MISSING_KEY)


def _schedulers(values: Mapping[str, Any]) -> Iterator[Problem]:
    """A scheduler is written as its optimizer is: alone, or by the same name."""
    names, optimizers = _mapping(values, "schedulers"), _mapping(values, "optimizers")
    if "scheduler" in values and "optimizer" not in values:
        hint = "write schedulers, with the names of the optimizers"
        yield Problem(("scheduler",), "scheduler needs optimizer", hint, _CONTRADICTION)
    if names and "optimizer" in values:
        hint = "write scheduler, for the only optimizer"
        yield Problem(("schedulers",), "schedulers need optimizers", hint, _CONTRADICTION)
        return
    for name in names:
        if name not in optimizers:
            hint = nearest_hint(name, optimizers) or f"there are {list(optimizers)}"
            yield Problem(("schedulers", name), f"no optimizer named '{name}'", hint, _NO_OPTIMIZER)


def _directions(values: Mapping[str, Any]) -> Iterator[Problem]:
    """A direction is declared, never guessed from the name of what is monitored."""
    for block in ("early_stopping", "checkpointing"):
        settings = _mapping(values, block)
        monitor, mode = settings.get("monitor"), settings.get("mode")
        if isinstance(monitor, str) and monitor != _DEFAULT_MONITOR and mode is None:
            hint = "write min where less of it is better, max where more is"
            message = f"'mode' is missing beside the monitor '{monitor}'"
            yield Problem((block, "mode"), message, hint, MISSING_KEY)
    settings = _mapping(values, "checkpointing")
    if settings.get("mode") is not None and settings.get("monitor") is None:
        hint = "name what it is the direction of"
        yield Problem(
            ("checkpointing", "monitor"), "'monitor' is missing beside 'mode'", hint, MISSING_KEY
        )


def _pruned_twice(values: Mapping[str, Any]) -> Iterator[Problem]:
    groups = _mapping(values, "weight_pruning").get("groups")
    seen: list[tuple[object, object]] = []
    for index, group in enumerate(groups if isinstance(groups, list) else []):
        if not isinstance(group, Mapping):
            continue
        network, layers = group.get("network"), group.get("layers", "all")
        if any(network == n and (layers == k or "all" in {layers, k}) for n, k in seen):
            message = f"weights of network '{network}' are in more than one group"
            hint = "write each kind of layer once"
            yield Problem(("weight_pruning", "groups", index), message, hint, _CONTRADICTION)
        seen.append((network, layers))


def _endless_grace(values: Mapping[str, Any]) -> Iterator[Problem]:
    pruning = _mapping(values, "weight_pruning")
    grace, every = pruning.get("grace_num_epochs"), pruning.get("every_num_epochs")
    if not (isinstance(grace, int) and isinstance(every, int) and "early_stopping" in values):
        return
    if grace >= every >= 1:
        message = f"a grace of {grace} epochs every {every} leaves early_stopping none to count"
        hint = f"write less than {every}, or leave early_stopping out"
        yield Problem(("weight_pruning", "grace_num_epochs"), message, hint, _CONTRADICTION)


def _scheduled_twice(values: Mapping[str, Any]) -> Iterator[Problem]:
    parameters = _scheduled(values)
    for index, parameter in enumerate(parameters):
        if isinstance(parameter, str) and parameter in parameters[:index]:
            message = f"'{parameter}' has a schedule already"
            hint = "write all of its points into one"
            path = ("schedules", index, "parameter")
            yield Problem(path, message, hint, _CONTRADICTION)


def _moving_targets(values: Mapping[str, Any]) -> Iterator[Problem]:
    """What is measured in training moves with what makes up the loss; an evaluation does not."""
    moved = [p for p in _scheduled(values) if str(p).startswith(_PARTS_OF_THE_LOSS)]
    for block in ("early_stopping", "checkpointing", "scheduler") if moved else ():
        monitor = _mapping(values, block).get("monitor")
        if isinstance(monitor, str) and monitor.startswith("train/"):
            message = f"'{monitor}' moves with the schedule of '{moved[0]}'"
            hint = "monitor 'validation/loss', which is measured with the value written"
            yield Problem((block, "monitor"), message, hint, _CONTRADICTION)


def _scheduled(values: Mapping[str, Any]) -> list[object]:
    """The parameters that schedules name."""
    schedules = values.get("schedules")
    found = schedules if isinstance(schedules, list) else []
    return [each.get("parameter") if isinstance(each, Mapping) else None for each in found]


def _folds(values: Mapping[str, Any]) -> Iterator[Problem]:
    """A fold is one of those that there are; an executor needs several trainings."""
    folds = _mapping(values, "cross_validation")
    fold, num_folds = folds.get("fold"), folds.get("num_folds", 5)
    num_repeats = folds.get("num_repeats", 1)
    if all(isinstance(number, int) for number in (fold, num_folds, num_repeats)):
        last = num_folds * num_repeats - 1
        if fold > last:
            hint = f"they are numbered 0 to {last}"
            message = f"there is no fold {fold}"
            yield Problem(("cross_validation", "fold"), message, hint, _CONTRADICTION)
    has_parts = not values.keys().isdisjoint({"cross_validation", "search"})
    if "executor" in values and not has_parts and not values.get("seeds"):
        hint = "add cross_validation, seeds or search, or leave the executor out"
        message = "there are no parts to share out"
        yield Problem(("executor",), message, hint, _CONTRADICTION)


def _frozen_and_changed(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Networks from elsewhere that are frozen and changed, or thawed and never frozen."""
    origins = _origins(values)
    for name, spec in origins.items():
        starts = spec.get("unfreeze_at_epoch") is not None
        if starts and spec.get("freeze") is not True:
            path, message = ("networks", name, "unfreeze_at_epoch"), f"'{name}' is not frozen"
            yield Problem(path, message, "add freeze: true, or leave it out", _CONTRADICTION)
        elif spec.get("lr") is not None and spec.get("freeze") is True and not starts:
            hint = "add unfreeze_at_epoch, or leave it out"
            message = f"'{name}' is frozen in every epoch, so no learning rate applies"
            yield Problem(("networks", name, "lr"), message, hint, _CONTRADICTION)
    groups = _mapping(values, "weight_pruning").get("groups")
    for index, group in enumerate(groups if isinstance(groups, list) else []):
        network = group.get("network") if isinstance(group, Mapping) else None
        if _mapping(origins, str(network)).get("freeze") is True:
            hint = "prune what is trained, or take the network over pruned"
            message = f"'{network}' is frozen"
            yield Problem(("weight_pruning", "groups", index), message, hint, _CONTRADICTION)


def _nothing_to_train(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Optimizers whose networks are all frozen as training begins."""
    frozen = {
        name
        for name, spec in _origins(values).items()
        if spec.get("freeze") is True and spec.get("unfreeze_at_epoch") != 1
    }
    for name in _mapping(values, "optimizers"):
        if name in frozen:
            hint = "train it from the first epoch on"
            message = f"'{name}' is frozen in epoch 1, so there is nothing to step"
            yield Problem(("optimizers", name), message, hint, _CONTRADICTION)
    if "optimizer" in values and frozen and frozen == _mapping(values, "networks").keys():
        hint = "train one of them, or write training.num_epochs: 0 without an optimizer"
        message = "all networks are frozen in epoch 1, so there is nothing to step"
        yield Problem(("optimizer",), message, hint, _CONTRADICTION)


def _no_epochs(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Only where nothing could be trained is training not asked for."""
    networks, origins = _mapping(values, "networks"), _origins(values)
    is_all_frozen = bool(networks) and all(
        name in origins
        and origins[name].get("freeze") is True
        and origins[name].get("unfreeze_at_epoch") is None
        for name in networks
    )
    num_epochs = _mapping(values, "training").get("num_epochs")
    if type(num_epochs) is int and num_epochs == 0 and not is_all_frozen:
        message = "expected an integer of at least 1, found 0"
        hint = "0 is for networks that all come from elsewhere and stay frozen"
        yield Problem(("training", "num_epochs"), message, hint, _OUT_OF_RANGE)


def _searches(values: Mapping[str, Any]) -> Iterator[Problem]:
    """A search seeks one thing with one seed, and draws what makes a difference."""
    search = _mapping(values, "search")
    objectives = _mapping(search, "objectives")
    if "search" in values and values.get("seeds"):
        hint = "write seed, and train the best recipe with several"
        message = "every trial has one seed, and there are several"
        yield Problem(("seeds",), message, hint, _CONTRADICTION)
    if objectives and search.get("objective") is not None:
        path, message = ("search", "objectives"), "objective and objectives are both given"
        yield Problem(path, message, "write one of the two", _CONTRADICTION)
    if len(objectives) > 1 and search.get("pruner") is not None:
        message = "a trial with several objectives has no one curve to be ended by"
        hint = "leave the pruner out, or write one objective"
        yield Problem(("search", "pruner"), message, hint, _CONTRADICTION)
    for key in _mapping(search, "space"):
        reason = _NEVER_DRAWN.get(key.partition(".")[0])
        if reason is not None:
            message = f"'{key}' cannot be drawn: {reason}"
            yield Problem(("search", "space", key), message, "leave it out", _CANNOT_BE_DRAWN)


def _origins(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Networks that come from elsewhere, as they are written."""
    networks = _mapping(values, "networks")
    specs = {name: _mapping(networks, name) for name in networks}
    return {name: spec for name, spec in specs.items() if "from" in spec}


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}
