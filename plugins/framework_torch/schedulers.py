"""Learning-rate schedulers of PyTorch, with times in epochs; set at every optimizer step."""

from typing import Annotated, Any, Literal

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

from framework import Horizon

_FIRST_SHARE = 1e-3
"""Share of the learning rate that a warm-up begins with: LinearLR refuses 0."""

LearningRate = Annotated[float, Field(gt=0)]
Factor = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
NumEpochs = Annotated[float, Field(ge=0)]


def one_cycle(
    optimizer: Optimizer,
    horizon: Horizon,
    *,
    max_lr: LearningRate,
    warm_up_fraction: Share = 0.3,
    initial_divisor: Annotated[float, Field(ge=1)] = 25.0,
    final_divisor: Annotated[float, Field(ge=1)] = 1e4,
    anneal: Literal["cos", "linear"] = "cos",
    cycle_momentum: bool = True,
) -> LRScheduler:
    """One rise to a large learning rate and one long fall, over the whole training.

    The rate of the optimizer itself is not used; a network with a learning rate of its own has a
    peak as many times the others'.

    Source: L. Smith, N. Topin, Super-Convergence: Very Fast Training of Neural Networks Using
    Large Learning Rates, 2019, section 2; cosines instead of lines as PyTorch does it.

    Args:
        optimizer: whose learning rate changes.
        horizon: how far training goes.
        max_lr: the rate at the peak.
        warm_up_fraction: share of the training in which the rate rises.
        initial_divisor: the first rate is the peak divided by this.
        final_divisor: the last rate is the first divided by this.
        anneal: form of the rise and the fall.
        cycle_momentum: let momentum, or the first of Adam's betas, fall from 0.95 to 0.85 and rise
            again, against the rate; plain descent has none.

    Raises:
        ValueError: a single optimizer step is no cycle.
    """
    if horizon.num_steps == 1:
        raise ValueError(
            "a cycle needs at least 2 optimizer steps, found 1; train for longer, or with "
            "smaller batches"
        )
    defaults = optimizer.defaults
    has_momentum = "betas" in defaults or defaults.get("momentum", 0) > 0
    return OneCycleLR(
        optimizer,
        max_lr=[max_lr * (group["lr"] / defaults["lr"]) for group in optimizer.param_groups],
        total_steps=horizon.num_steps,
        # PyTorch divides by the length of a rise of one step, which is 0
        pct_start=0.0 if horizon.num_steps * warm_up_fraction == 1 else warm_up_fraction,
        div_factor=initial_divisor,
        final_div_factor=final_divisor,
        anneal_strategy=anneal,
        cycle_momentum=cycle_momentum and has_momentum,
    )


def cosine(
    optimizer: Optimizer,
    horizon: Horizon,
    *,
    min_lr: Annotated[float, Field(ge=0)] = 0.0,
    warm_up_num_epochs: NumEpochs = 0.0,
) -> LRScheduler:
    """A fall from the optimizer's learning rate along half a cosine.

    Source: I. Loshchilov, F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017,
    equation 5; without restarts.

    Args:
        optimizer: whose learning rate changes.
        horizon: how far training goes.
        min_lr: the rate that the end of training comes down to.
        warm_up_num_epochs: epochs in which the rate rises in a line, before it falls.

    Raises:
        ValueError: the warm-up takes the whole training.
    """
    num_warm_up = _num_warm_up_steps(horizon, warm_up_num_epochs)
    schedule = CosineAnnealingLR(optimizer, horizon.num_steps - num_warm_up, eta_min=min_lr)
    return _warmed_up(optimizer, schedule, num_warm_up)


def exponential(
    optimizer: Optimizer,
    horizon: Horizon,
    *,
    gamma: Factor,
    warm_up_num_epochs: NumEpochs = 0.0,
) -> LRScheduler:
    """A fall from the optimizer's learning rate by the same factor in every epoch, step by step.

    Args:
        optimizer: whose learning rate changes.
        horizon: how far training goes.
        gamma: what an epoch multiplies the rate by.
        warm_up_num_epochs: epochs in which the rate rises in a line, before it falls.

    Raises:
        ValueError: the warm-up takes the whole training.
    """
    schedule = ExponentialLR(optimizer, gamma ** (1 / horizon.steps_per_epoch))
    return _warmed_up(optimizer, schedule, _num_warm_up_steps(horizon, warm_up_num_epochs))


def step(
    optimizer: Optimizer,
    horizon: Horizon,
    *,
    every_num_epochs: Annotated[int, Field(ge=1)],
    gamma: Factor = 0.1,
    warm_up_num_epochs: NumEpochs = 0.0,
) -> LRScheduler:
    """Falls of the learning rate by a factor, at once, every so many epochs.

    Args:
        optimizer: whose learning rate changes.
        horizon: how far training goes.
        every_num_epochs: epochs between two falls; the first are counted from the warm-up's end.
        gamma: what a fall multiplies the rate by.
        warm_up_num_epochs: epochs in which the rate rises in a line, before all falls.

    Raises:
        ValueError: the warm-up takes the whole training.
    """
    schedule = StepLR(optimizer, every_num_epochs * horizon.steps_per_epoch, gamma=gamma)
    return _warmed_up(optimizer, schedule, _num_warm_up_steps(horizon, warm_up_num_epochs))


def reduce_on_plateau(
    optimizer: Optimizer,
    *,
    monitor: str = "validation/loss",
    mode: Literal["min", "max"] = "min",
    patience: Annotated[int, Field(ge=0)] = 10,
    factor: Factor = 0.1,
    min_lr: Annotated[float, Field(ge=0)] = 0.0,
) -> LRScheduler:
    """Falls of the learning rate by a factor, whenever a metric no longer improves.

    A value that is not finite is no improvement.

    Args:
        optimizer: whose learning rate changes.
        monitor: what is watched after every evaluation, as it stands in the metrics log.
        mode: whether less or more of it is better.
        patience: number of epochs in a row without improvement that are let pass.
        factor: what a fall multiplies the rate by.
        min_lr: the rate below which it does not fall.
    """
    return _Plateau(
        optimizer, mode, monitor=monitor, factor=factor, patience=patience, min_lr=min_lr
    )


class _Plateau(ReduceLROnPlateau):
    """Says what it watches, so that it is stepped after evaluations."""

    def __init__(
        self, optimizer: Optimizer, mode: Literal["min", "max"], *, monitor: str, **settings: Any
    ) -> None:
        super().__init__(optimizer, mode, **settings)
        self.monitor = monitor


def _num_warm_up_steps(horizon: Horizon, num_epochs: float) -> int:
    num_steps = round(num_epochs * horizon.steps_per_epoch)
    if num_steps >= horizon.num_steps:
        raise ValueError(
            f"a warm-up of {num_epochs:g} epochs takes the whole training of "
            f"{horizon.num_steps / horizon.steps_per_epoch:g}; make warm_up_num_epochs smaller"
        )
    return num_steps


def _warmed_up(optimizer: Optimizer, schedule: LRScheduler, num_steps: int) -> LRScheduler:
    if num_steps == 0:
        return schedule
    warm_up = LinearLR(optimizer, start_factor=_FIRST_SHARE, total_iters=num_steps)
    return SequentialLR(optimizer, [warm_up, schedule], milestones=[num_steps])
