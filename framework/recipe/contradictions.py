"""Settings of a recipe that are right one by one and wrong together."""

from collections.abc import Iterator, Mapping
from typing import Any

from framework.errors import nearest_hint
from framework.validation import MISSING_KEY, Problem

_CONTRADICTION = "R008"
_NO_OPTIMIZER = "R011"
_DEFAULT_MONITOR = "validation/loss"


def contradictions(values: Mapping[str, Any]) -> list[Problem]:
    """What does not go together in a recipe, whose values need not have been checked yet."""
    return [
        *_optimizers(values),
        *_schedulers(values),
        *_directions(values),
        *_pruned_twice(values),
    ]


def _optimizers(values: Mapping[str, Any]) -> Iterator[Problem]:
    if "optimizer" in values and values.get("optimizers"):
        message = "optimizer and optimizers are both given"
        yield Problem(("optimizers",), message, "write one of the two", _CONTRADICTION)
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


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}
