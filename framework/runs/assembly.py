"""Build on a device what a plan names: networks, optimizers, metrics, loaders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int, Shaped
from torch import Tensor, nn
from torch.optim import Optimizer

from framework.contracts import SINGLE_OPTIMIZER, ImageSet, Task
from framework.data.folds import deal_fold
from framework.data.loaders import ImageLoader
from framework.data.splits import hold_out
from framework.errors import DataError, Fault
from framework.learning_rates import Scheduler
from framework.recipe.building import build_networks
from framework.recipe.plans import Plan
from framework.recipe.scheduling import horizon_of
from framework.runs.tuning import Tuning


@dataclass(frozen=True)
class Splits:
    """Places of the images that train and of those that validate."""

    train: Int[Tensor, " _"]
    validation: Int[Tensor, " _"]


def split_images(
    plan: Plan, num_images: int, labels: Int[Tensor, " batch"] | None = None
) -> Splits:
    """Make the split that the recipe asks for: the one held out, or a fold of a cross-validation.

    Raises:
        DataError: there are too few images for it.
    """
    validation, folds = plan.recipe.validation, plan.recipe.cross_validation
    if folds is None or folds.fold is None:
        train, held_out = hold_out(num_images, fraction=validation.fraction, seed=validation.seed)
    else:
        train, held_out = deal_fold(
            num_images,
            labels,
            fold=folds.fold,
            num_folds=folds.num_folds,
            stratified=folds.stratified,
            seed=folds.seed,
        )
    batch_size = plan.recipe.training.batch_size
    if plan.recipe.training.drop_last and len(train) < batch_size:
        message = f"{len(train)} training images do not fill one batch of {batch_size}"
        hint = "make training.batch_size smaller, or set training.drop_last to false"
        raise DataError(Fault("D034", message, key="training.batch_size", hint=hint))
    return Splits(train, held_out)


def build_on(
    plan: Plan, device: torch.device, *, parts: dict[str, Any] | None = None
) -> dict[str, nn.Module]:
    """Build the plan's networks on a device, in the memory format that convolutions like best.

    All that is built is added to `parts` by its role.
    """
    networks = build_networks(plan.components.networks, plan.data, seed=plan.seed, parts=parts)
    return {
        name: network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        for name, network in networks.items()
    }


def build_metrics(plan: Plan, device: torch.device) -> dict[str, Any]:
    """Build the plan's metrics on a device."""
    built = {name: p.build(data=plan.data) for name, p in plan.components.metrics.items()}
    return {name: m.to(device) if hasattr(m, "to") else m for name, m in built.items()}


def build_optimizers(
    plan: Plan, networks: Mapping[str, nn.Module], *, parts: dict[str, Any] | None = None
) -> dict[str, Optimizer]:
    """Build the plan's optimizers: the only one steps every network, else each its namesake.

    They are added to `parts` by their roles.
    """
    optimizers, tuning = {}, Tuning(plan, networks)
    for name, planned in plan.components.optimizers.items():
        stepped = plan.components.networks if name == SINGLE_OPTIMIZER else [name]
        optimizers[name] = planned.build(parameters=tuning.parameters(stepped), parts=parts)
    return optimizers


def build_schedulers(
    plan: Plan, optimizers: Mapping[str, Optimizer], *, steps_per_epoch: int
) -> dict[str, Scheduler]:
    """Build the plan's schedulers around their optimizers."""
    horizon = horizon_of(plan.recipe, steps_per_epoch=steps_per_epoch)
    return {
        name: planned.build(optimizer=optimizers[name], horizon=horizon)
        for name, planned in plan.components.schedulers.items()
    }


@torch.no_grad()
def prepared_images(
    plan: Plan,
    task: Task,
    networks: Mapping[str, nn.Module],
    images: ImageSet,
    device: torch.device,
) -> Shaped[Tensor, "batch *_"] | None:
    """What the task computes once for each image, by networks that are frozen in the whole run."""
    frozen = Tuning(plan, networks).frozen_throughout
    if not frozen:
        return None
    for name in frozen:
        networks[name].eval()
    rows = []
    for batch in evaluation_loader(plan, images, torch.arange(len(images)), device).epoch():
        row = task.prepare(batch, frozen)
        if row is None:
            return None
        rows.append(row)
    return torch.cat(rows) if rows else None


def training_loader(
    plan: Plan,
    images: ImageSet,
    splits: Splits,
    device: torch.device,
    prepared: Shaped[Tensor, "_ *_"] | None = None,
) -> ImageLoader:
    """Serve the training images, shuffled anew each epoch."""
    training = plan.recipe.training
    return ImageLoader(
        images,
        splits.train,
        batch_size=training.batch_size,
        value_range=plan.data.value_range,
        device=device,
        seed=plan.seed,
        drop_last=training.drop_last,
        prepared=prepared,
    )


def evaluation_loader(
    plan: Plan,
    images: ImageSet,
    places: Int[Tensor, " batch"],
    device: torch.device,
    prepared: Shaped[Tensor, "_ *_"] | None = None,
) -> ImageLoader:
    """Serve images in their own order, for measuring."""
    return ImageLoader(
        images,
        places,
        batch_size=plan.recipe.training.evaluation_batch_size,
        value_range=plan.data.value_range,
        device=device,
        prepared=prepared,
    )
