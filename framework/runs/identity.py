"""What makes two runs the same: everything that changes their weights, and nothing else."""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from framework.data.fingerprint import fingerprint_of
from framework.recipe.plans import Plan, PlannedComponent

_WITHOUT_EFFECT = ("name", "figures", "trackers", "executor")
"""Keys of a recipe that change no weight."""


_WITHOUT_EFFECT_ON_TRAINING = ("num_workers",)
_WITHOUT_EFFECT_ON_SEARCH = ("num_trials", "storage", "max_retries", "max_infeasible_draws")
"""Keys of a search that decide how long it goes on, and where it is written down."""


_WORDS = ("from", "overrides")
"""Keys of a network that lead to the run that it comes from."""


def digest_of(values: Any) -> str:
    """Digest plain values into 64 hex digits, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def recipe_digest(plan: Plan) -> str:
    """Digest of the resolved recipe, wherever else its run may be shown."""
    return digest_of({key: value for key, value in plan.resolved.items() if key != "trackers"})


def plugins_of(plan: Plan) -> dict[str, dict[str, str]]:
    """Version and source digest of every plugin that takes part in training, by owner."""
    figures = set(map(id, plan.components.figures.values()))
    used = {p.component.owner: p.component for p in plan.components.all() if id(p) not in figures}
    return {
        owner: {
            "version": component.version,
            "sha256": fingerprint_of(*sorted(component.source_files())),
        }
        for owner, component in sorted(used.items())
    }


def identity_of(plan: Plan, data_fingerprint: str, needs: Mapping[str, str] | None = None) -> str:
    """Digest of everything that decides a run's weights.

    Of a network that comes from elsewhere the identity of its run counts (`needs`), not the words
    that lead there.

    Where the data lie does not count, what they are does: parameters of the data set that are
    paths, or that are not set, are left out, its fingerprint is in.
    """
    resolved = {k: v for k, v in plan.resolved.items() if k not in _WITHOUT_EFFECT}
    resolved["dataset"] = _without_paths(plan.components.dataset)
    resolved["training"] = _without(resolved["training"], _WITHOUT_EFFECT_ON_TRAINING)
    if "search" in resolved:
        resolved["search"] = _without(resolved["search"], _WITHOUT_EFFECT_ON_SEARCH)
    resolved["networks"] = {
        name: {k: v for k, v in spec.items() if name not in (needs or {}) or k not in _WORDS}
        for name, spec in resolved["networks"].items()
    }
    values = {"recipe": resolved, "data": data_fingerprint, "plugins": plugins_of(plan)}
    return digest_of(values | ({"needs": dict(needs)} if needs else {}))


def _without(values: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _without_paths(dataset: PlannedComponent) -> Mapping[str, Any]:
    paths = {name for name, value in dataset.values.items() if isinstance(value, Path | None)}
    return _without(dataset.plain, paths)
