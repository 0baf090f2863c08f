"""Checkpoints as files: what is loaded from one is weights, numbers and words, and nothing else."""

import io
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from framework.errors import CheckpointError, Fault, PluginError

_KEYS = ("epoch", "iteration", "networks", "handlers")
_HINT = "do not trust it; nothing in it was executed"
_HINT_TO_AUTHORS = "a state is made of tensors, numbers, text, lists and mappings"
_TENSORS = {Tensor, nn.Parameter}
_MAPPINGS = {dict, OrderedDict, Counter}
_LISTS = {list, tuple, set, torch.Size}
_PLAIN = {type(None), bool, int, float, complex, str, bytes, bytearray, torch.dtype, torch.device}
_GLOBAL = re.compile(r"GLOBAL (\S+)")


def checkpoint_to_bytes(fit_state: Mapping[str, Any]) -> bytes:
    """A fit's state as the contents of a file.

    Raises:
        PluginError: something in it could be written and never be read again (P015).
    """
    for key, value in _values(dict(fit_state)):
        if problem := _problem(value):
            message = f"cannot be saved: {problem}"
            raise PluginError(Fault("P015", message, key=key, hint=_HINT_TO_AUTHORS))
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
        message = f"is refused: {_cause(error)}"
        raise CheckpointError(Fault("C059", message, place=str(path), hint=_HINT)) from error
    if not isinstance(fit_state, dict) or any(key not in fit_state for key in _KEYS):
        message = f"is no checkpoint: it lacks some of {', '.join(_KEYS)}"
        raise CheckpointError(Fault("C059", message, place=str(path), hint=_HINT))
    for key, value in _values(fit_state):
        if problem := _problem(value):
            raise CheckpointError(Fault("C060", f"{key} {problem}", place=str(path), hint=_HINT))
    return fit_state


def _cause(error: Exception) -> str:
    """Why torch refuses a file, without its advice to trust it."""
    text = str(error)
    if named := _GLOBAL.search(text):
        return f"it names {named[1]}, which is neither a tensor nor a plain value"
    if "TorchScript" in text:
        return "it is a program (TorchScript)"
    return f"it cannot be read ({type(error).__name__})"


def _problem(value: Any) -> str:
    """What keeps a value from coming back out of a checkpoint; empty where nothing does."""
    if type(value) in _PLAIN:
        return ""
    if not isinstance(value, Tensor) or type(value) not in _TENSORS:
        return f"is of type {type(value).__qualname__}"
    if value.layout != torch.strided or value.device.type == "meta":
        return f"is a {value.layout} tensor on {value.device}"
    size, held = value.numel() * value.element_size(), value.untyped_storage().nbytes()
    return f"says that it is {size:,} bytes large, and {held:,} are there" if size > held else ""


def _values(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values within a state, keys among them, by their places.

    Each list and mapping is looked at once, however often it is named: they may name each other.
    """
    pending: list[tuple[str, Any]] = [("", state)]
    seen = set()
    while pending:
        place, value = pending.pop()
        is_mapping = type(value) in _MAPPINGS
        if not is_mapping and type(value) not in _LISTS:
            yield place, value
        elif id(value) not in seen:
            seen.add(id(value))
            for name, item in value.items() if is_mapping else enumerate(value):
                inner = f"{place}.{name}" if place else str(name)
                pending += [(inner, name), (inner, item)]
