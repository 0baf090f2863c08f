"""Checkpoints as files: what is loaded from one is weights, numbers and words, and nothing else."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from framework.errors import CheckpointError, Fault

_KEYS = ("epoch", "iteration", "networks", "handlers")
_HINT = "do not trust it; nothing in it was executed"


def checkpoint_to_bytes(fit_state: Mapping[str, Any]) -> bytes:
    """A fit's state as the contents of a file."""
    buffer = io.BytesIO()
    torch.save(dict(fit_state), buffer)
    return buffer.getvalue()


def read_checkpoint(data: bytes, path: Path) -> dict[str, Any]:
    """A fit's state from the contents of a file, whoever has written it.

    Raises:
        CheckpointError: it holds objects, is no state of a fit, or would grow when it is copied.
    """
    try:
        fit_state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises some seven types here
        raise CheckpointError(Fault("C059", f"is refused: {error}", place=str(path))) from error
    if not isinstance(fit_state, dict) or any(key not in fit_state for key in _KEYS):
        message = f"is no checkpoint: it lacks some of {', '.join(_KEYS)}"
        raise CheckpointError(Fault("C059", message, place=str(path), hint=_HINT))
    for key, tensor in _tensors(fit_state, ""):
        held = tensor.untyped_storage().nbytes()
        size = tensor.numel() * tensor.element_size()
        if size > held:
            message = f"{key} says that it is {size:,} bytes large, and {held:,} are there"
            raise CheckpointError(Fault("C060", message, place=str(path), hint=_HINT))
    return fit_state


def _tensors(value: Any, key: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield key, value
    elif isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from _tensors(item, f"{key}.{name}" if key else str(name))
