"""What went wrong, said in words that help, and recorded in the run that it happened to."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import torch

from framework.errors import (
    CheckpointError,
    Fault,
    FrameworkError,
    PluginError,
    StorageError,
    TrainingError,
)
from framework.plugin_sources import BUILT_IN_DISTRIBUTION
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.interruption import Interrupted


@contextmanager
def outcome_recorded(store: RunDirectory) -> Iterator[None]:
    """Write into the state how the attempt ended, unless nothing can be written any more.

    Whatever training raised is given the run's directory as its place.
    """
    try:
        yield
    except (StorageError, CheckpointError, KeyboardInterrupt):
        raise  # nothing can be written, or a refusal, which must change nothing
    except BaseException as error:  # SystemExit too
        reason = error.faults[0].message if isinstance(error, FrameworkError) else repr(error)
        with suppress(StorageError):
            store.update(status=_status_after(error), reason=reason)
        if isinstance(error, TrainingError):
            place = str(store.path)
            faults = [replace(fault, place=fault.place or place) for fault in error.faults]
            raise TrainingError(faults) from error.__cause__
        raise


def _status_after(error: BaseException) -> str:
    if isinstance(error, Interrupted):
        return "interrupted"
    is_diverged = isinstance(error, TrainingError) and error.faults[0].identifier != "T042"
    return "diverged" if is_diverged else "failed"


@contextmanager
def failures_explained(plan: Plan) -> Iterator[None]:
    """Turn what a plugin's code or a lack of memory raises into an error that says so.

    Raises:
        TrainingError: memory gave out.
        PluginError: code of a plugin that is not built in was at work.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin that calls sys.exit must not end the command with 0
        told = _explained(error, plan)
        if told is error:
            raise
        raise told from error


def _explained(error: BaseException, plan: Plan) -> BaseException:
    """Say whose failure it is: too little memory, a plugin's, or ours."""
    if isinstance(error, FrameworkError):
        return error
    batch_size = plan.recipe.training.batch_size
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or _is_allocation(error):
        message = f"out of memory with batches of {batch_size} ({error})"
        hint = "make training.batch_size smaller and run it again"
        return TrainingError(Fault("T042", message, key="training.batch_size", hint=hint))
    files = {
        str(file): planned.component
        for planned in plan.components.all()
        if planned.component.plugin.distribution != BUILT_IN_DISTRIBUTION
        for file in planned.component.source_files()
    }
    for frame in reversed(_frames(error)):
        if frame.filename in files:
            component = files[frame.filename]
            message = f"plugin '{component.owner}' failed: {type(error).__name__}: {error}"
            place = f"{frame.filename}:{frame.lineno}"
            return PluginError(Fault("P012", message, place=place))
    return error


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Where an error came from, and before that the one that it was made of.

    A StopIteration is turned into a RuntimeError by Ignite's generator, which no plugin is part of.
    """
    frames = list(traceback.extract_tb(error.__traceback__))
    return frames if error.__cause__ is None else frames + _frames(error.__cause__)


def _is_allocation(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
