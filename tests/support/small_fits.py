"""Fits of small recipes, carried out without a run directory unless one is given."""

import io
from functools import cache
from pathlib import Path

import torch

from framework.contracts import Handler
from framework.discovery import discover
from framework.events import FitEvents
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.assembly import split_images
from framework.runs.fit import Fit

SUPPORT = Path(__file__).parent


@cache
def prepared(recipe, *overrides):
    """The plan of a recipe on tiny images, those to train on, and how they are split."""
    document = load_document(recipe, overrides)
    registry = discover([SUPPORT / "tiny_images.py"])
    plan, dataset = make_plan(read_recipe(document), document, registry)
    images = dataset.load().train
    return plan, images, split_images(plan, len(images))


def make_fit(recipe, *overrides, observers=(), store=None):
    """A fit of a recipe that nothing has been trained of."""
    plan, images, splits = prepared(recipe, *overrides)
    cpu = torch.device("cpu")
    return Fit(plan, images, splits, device=cpu, observers=observers, store=store)


def carried_out(fit):
    """The fit at its end."""
    while fit.advance():
        pass
    return fit


def rows_of(fit):
    """What a fit logs, epoch by epoch, carried out to its end."""
    rows = []
    while fit.advance():
        rows.append(dict(fit.metrics))
    return [*rows, dict(fit.metrics)]


def reread(value):
    """A value as it comes back from a checkpoint file."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)


def stored(fit):
    """The fit's state as it comes back from a checkpoint file, without its times."""
    return reread(fit.state_dict() | {"seconds": 0.0})


def outcome(fit):
    """All that two equal fits have in common, to the bit."""
    return reread([fit.state_dict() | {"seconds": 0.0}, fit.metrics])


def is_equal(one, other):
    """Whether nested values are equal, tensors to the bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_equal(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_equal, one, other))
    return one == other


class StopAt(Handler):
    """Interrupts a fit after an iteration."""

    def __init__(self, iteration):
        self.iteration = iteration

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(FitEvents.OPTIMIZER_STEPPED, self.look, run)

    def look(self, engine, run):
        if engine.state.iteration == self.iteration:
            run.interrupt()
