"""Digests of everything about a run that a kill must not change."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_STATE = ("status", "reason", "best", "test", "kept", "note")
_FILES = ("*.safetensors", "metrics.jsonl", "snapshots/*", "figures/*")


def digest_of(run: Path) -> dict[str, str]:
    """A digest per part: what the newest checkpoint holds, what the state says, what files hold.

    Times are left out; all else must come out the same however often a run was interrupted. What
    belongs to a fold or a seed comes under the name of its directory.
    """
    state = json.loads((run / "state.json").read_text())
    values: dict[str, Any] = {name: state[name] for name in _STATE}
    values |= {str(f.relative_to(run)): f.read_bytes() for each in _FILES for f in run.glob(each)}
    if state["checkpoint"] is not None:
        fit = torch.load(run / state["checkpoint"]["file"], weights_only=True)
        values |= {f"handlers/{name}": value for name, value in fit.pop("handlers").items()}
        del fit["seconds"]
        values |= fit
    digests = {name: digest_of_values(value) for name, value in values.items()}
    for part in run.glob("*/state.json"):
        name = part.parent.name
        digests |= {f"{name}/{key}": value for key, value in digest_of(part.parent).items()}
    return dict(sorted(digests.items()))


def digest_of_values(values: Any) -> str:
    """A digest of tensors and plain values in mappings and lists, to the last bit."""
    hasher = hashlib.sha256()
    _feed(hasher, values)
    return hasher.hexdigest()


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Names of the parts that are not the same, or are missing on one side."""
    names = sorted({*expected, *found})
    return [name for name in names if expected.get(name) != found.get(name)]


def _feed(hasher: "hashlib._Hash", value: Any) -> None:
    if isinstance(value, torch.Tensor):
        hasher.update(f"{value.dtype} {tuple(value.shape)}".encode())
        hasher.update(value.detach().cpu().contiguous().numpy().tobytes())
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            hasher.update(f"{key!r}:".encode())
            _feed(hasher, value[key])
    elif isinstance(value, list | tuple):
        hasher.update(f"{len(value)} values:".encode())
        for each in value:
            _feed(hasher, each)
    else:
        hasher.update(repr(value).encode())
