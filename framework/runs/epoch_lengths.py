"""Where a fit goes on whose epochs have another length by now: other data, or other batches."""

from collections.abc import Iterator, Mapping
from typing import Any


def iteration_now(state: Mapping[str, Any], length: int) -> int:
    """The iteration that a saved fit has reached, in epochs of another length if need be.

    Epochs that were completed stay so; within one, about the same part of it is done.

    Args:
        state: what was saved; an early release did not say how long its epochs were.
        length: iterations of an epoch, now.
    """
    before = state.get("epoch_length", length)
    within = state["iteration"] - state["epoch"] * before
    if before != length or not 0 <= within < length:
        within = min(max(within, 0) * length // before, length - 1)
    return state["epoch"] * length + within


def words_on_length(state: Mapping[str, Any], length: int) -> Iterator[str]:
    """Say that epochs have another length, where they have."""
    before = state.get("epoch_length", length)
    if before != length:
        yield f"an epoch had {before} iterations and has {length} from here on"
