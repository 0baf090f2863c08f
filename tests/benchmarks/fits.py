"""Epochs of real fits of shipped recipes, on data that are at hand."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from framework.application import check
from framework.contracts import Handler, ImageSet
from framework.errors import DataError
from framework.recipe.plans import Plan
from framework.runs.assembly import split_images
from framework.runs.directory import RunDirectory
from framework.runs.fit import Fit
from framework.runs.inheritance import Inheritance

CPU = torch.device("cpu")
NO_DOWNLOAD = "dataset.download=false"
QUICK_NUM_IMAGES = 1_000


def plan_of(recipe: str, *overrides: str) -> Plan:
    """The plan of a shipped recipe that fetches nothing."""
    return check(recipe, overrides=[NO_DOWNLOAD, *overrides])


def training_images(plan: Plan, *, is_quick: bool = False) -> ImageSet:
    """The plan's training images, or a few of them; leaves with a message where there are none."""
    try:
        images = plan.components.dataset.build().load().train
    except DataError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    count = QUICK_NUM_IMAGES if is_quick else len(images)
    labels = None if images.labels is None else images.labels[:count]
    return ImageSet(images.images[:count], labels)


def epochs_of(
    plan: Plan,
    images: ImageSet,
    folder: Path,
    begun: Inheritance | None = None,
    observers: Sequence[Handler] = (),
) -> Callable[[], None]:
    """A function that advances a real fit by one epoch, checkpoint and log included.

    Args:
        plan: what to train, for at least one epoch more than the function is called.
        images: what to train on and to validate with.
        folder: where the run directory is made; must not exist.
        begun: weights that networks from elsewhere begin with.
        observers: handlers that look on.
    """
    begun = begun or Inheritance()
    store = RunDirectory.create(folder, texts={}, meta=begun.meta, files=begun.files)
    splits = split_images(plan, len(images))
    fit = Fit(plan, images, splits, device=CPU, store=store, observers=observers)

    def epoch() -> None:
        if not fit.advance():
            raise RuntimeError(f"the fit was over after epoch {fit.epoch}: {fit.reason}")

    return epoch
