"""Learning-rate schedulers, which need to know how far training goes."""

import torch
from torch import nn
from torch.optim import Optimizer

from framework.contracts import DataInfo
from framework.learning_rates import Horizon
from framework.recipe.construction import construction
from framework.recipe.documents import Document
from framework.recipe.plans import Components
from framework.recipe.schema import Recipe


def horizon_of(recipe: Recipe, *, steps_per_epoch: int) -> Horizon:
    """How far training goes, in iterations."""
    return Horizon(recipe.training.num_epochs * steps_per_epoch, steps_per_epoch)


def prove_schedulers(
    recipe: Recipe, components: Components, data: DataInfo, document: Document
) -> dict[str, Optimizer]:
    """Ask every scheduler whether it takes its values, with an optimizer of a weight of no size.

    Returns:
        These optimizers, as their schedulers leave them, by their places in the recipe.

    Raises:
        RecipeError: a scheduler refuses its values.
        PluginError: a scheduler or an optimizer fails in a way that it should not.
    """
    training = recipe.training
    num_train = data.num_train - round(data.num_train * recipe.validation.fraction)
    num_full, rest = divmod(num_train, training.batch_size)
    num_steps = num_full + (rest > 0 and not training.drop_last)
    horizon = horizon_of(recipe, steps_per_epoch=max(1, num_steps))
    optimizers: dict[str, Optimizer] = {}
    for name, planned in components.schedulers.items():
        weight = nn.Parameter(torch.zeros(0, device="meta"))
        with construction(components.optimizers[name], document):
            optimizer = components.optimizers[name].build(parameters=[weight])
        with construction(planned, document):
            planned.build(optimizer=optimizer, horizon=horizon)
        optimizers[components.optimizers[name].role] = optimizer
    return optimizers
