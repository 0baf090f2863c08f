"""Digests of everything about a run that a kill must not change."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_STATE = ("status", "reason", "best", "test")
_FILES = ("best.safetensors", "metrics.jsonl", "snapshots/*", "figures/*")


def digest_of(run: Path) -> dict[str, str]:
    """A digest per part: what the newest checkpoint holds, what the state says, what files hold.

    Times are left out; all else must come out the same however often a run was interrupted.
    """
    state = json.loads((run / "state.json").read_text())
    fit = torch.load(run / state["checkpoint"]["file"], weights_only=True)
    handlers = {f"handlers/{name}": value for name, value in fit.pop("handlers").items()}
    del fit["seconds"]
    files = {str(f.relative_to(run)): f.read_bytes() for each in _FILES for f in run.glob(each)}
    parts = fit | handlers | {name: state[name] for name in _STATE} | files
    return {name: digest_of_values(value) for name, value in sorted(parts.items())}


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
