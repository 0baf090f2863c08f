"""Searches that end without anything to keep, told with all reasons and how often each occurred."""

import re
from collections import Counter

from framework.errors import Fault
from framework.runs.directory import RunDirectory
from framework.runs.search.counting import INFEASIBLE, Tally

LAYER = "layer"
"""User attribute: the layer that cannot exist, or the place in the recipe where there is none."""

_MOST_REASONS = 5
_NUMBER = re.compile(r"-?\d[\d.]*(e[-+]?\d+)?|\b(nan|inf)\b")


def no_valid_network(store: RunDirectory, tally: Tally, num_in_a_row: int) -> Fault:
    """Too many draws in a row could not be trained."""
    layers = Counter(str(trial.user_attrs[LAYER]) for trial in tally.infeasible)
    example = tally.infeasible[-1].user_attrs[INFEASIBLE]
    message = (
        f"space has no valid network: {num_in_a_row} draws in a row could not be trained; "
        f"it failed at {_counted(layers)}; the last: {example}"
    )
    hint = "narrow search.space, or raise search.max_infeasible_draws"
    return Fault("O074", message, key="search.space", place=str(store.path), hint=hint)


def no_completed_trial(store: RunDirectory, tally: Tally) -> Fault:
    """All trials were ended early, failed, or violate a constraint."""
    reasons = Counter(tally.failed.values())
    if tally.pruned:
        reasons["ended early by the pruner"] = len(tally.pruned)
    reasons.update(
        f"violates '{name}'"
        for trial in tally.complete
        for name, excess in trial.constraints.items()
        if excess > 0
    )
    message = f"none of {tally.num_done} trials can be kept: {_counted(reasons)}"
    if tally.infeasible:
        message += f"; {len(tally.infeasible)} more draws could not be trained"
    hint = "narrow search.space, or raise search.num_trials to go on"
    return Fault("O073", message, key="search", place=str(store.path), hint=hint)


def _counted(reasons: "Counter[str]") -> str:
    """The most frequent reasons; those that differ in numbers alone are one, told by the first."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for reason, count in reasons.items():
        kind = _NUMBER.sub("#", reason)
        first.setdefault(kind, reason)
        counts[kind] += count
    common = counts.most_common(_MOST_REASONS)
    parts = [f"{first[k]} ({'once' if n == 1 else f'{n} times'})" for k, n in common]
    rest = len(counts) - _MOST_REASONS
    return "; ".join([*parts, *([f"{rest} more reasons"] if rest > 0 else [])])
