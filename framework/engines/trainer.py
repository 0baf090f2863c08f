"""The engine that takes optimizer steps."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import torch
from ignite.engine import Engine
from torch.optim import Optimizer

from framework.contracts import Batch, Task
from framework.engines.accumulation import Portion, split_batch
from framework.engines.averages import LossAverages
from framework.engines.engine import ReliableEngine
from framework.errors import Fault, TrainingError
from framework.events import FitEvents
from framework.seeding import derive_seed, seed_generators


def make_trainer(
    task: Task,
    optimizers: Mapping[str, Optimizer],
    *,
    seed: int,
    device: torch.device,
    accumulation: int = 1,
) -> Engine:
    """Make the engine that trains `task`: for each loss zero_grad, backward, step.

    Before each step the random state becomes a function of (seed, iteration), so that an iteration
    is the same whether the run was interrupted before it or not. The output of an iteration is
    `{optimizer: loss}`; `state.terms` holds the terms that came with the losses, and
    `state.optimizer_name` is the optimizer that the current loss is for.

    Args:
        task: what gives the losses.
        optimizers: what steps, by the names that the task gives.
        seed: the fit's seed.
        device: where the networks are.
        accumulation: number of parts that a batch is carried through the networks in; the parts
            advance together, and their gradients add up to one step.

    Raises (when run):
        TrainingError: a loss is not finite; no weight has then been touched by it.
    """
    recent: deque[float] = deque(maxlen=5)

    def step(engine: Engine, batch: Batch) -> dict[str, float]:
        iteration = engine.state.iteration
        seed_generators(derive_seed(seed, "step", iteration), device)
        portions = split_batch(task, batch, accumulation)
        averages = LossAverages()
        while (name := backward(engine, portions, averages)) is not None:
            engine.fire_event(FitEvents.BACKWARD_COMPLETED)
            optimizers[name].step()
            engine.fire_event(FitEvents.OPTIMIZER_STEPPED)
        engine.state.terms = averages.terms  # type: ignore[attr-defined]
        return averages.losses

    def backward(engine: Engine, portions: Sequence[Portion], averages: LossAverages) -> str | None:
        """Advance every portion by one loss; answer whose gradients are there now."""
        stepping = None
        for losses, weight in portions:
            for name, loss in islice(losses, 1):
                if stepping is None:
                    stepping = name
                    engine.state.optimizer_name = name  # type: ignore[attr-defined]
                    optimizers[name].zero_grad(set_to_none=True)
                recent.append(loss.item())
                if not math.isfinite(recent[-1]):
                    raise _diverged(engine, optimizers[name], recent)
                terms = {term: value.item() for term, value in task.terms().items()}
                averages.update({name: recent[-1]}, terms, weight=weight)
                (loss if weight == 1 else loss * weight).backward()
        return stepping

    return ReliableEngine(step)


def _diverged(engine: Engine, optimizer: Optimizer, recent: Sequence[float]) -> TrainingError:
    state = engine.state
    rates = ", ".join(f"{float(group['lr']):g}" for group in optimizer.param_groups)
    message = (
        f"the loss is {recent[-1]} in epoch {state.epoch}, iteration {state.iteration}, "
        f"with lr {rates}; the last losses were {', '.join(f'{value:.6g}' for value in recent)}"
    )
    hint = "try a smaller learning rate; the best weights so far are kept"
    return TrainingError(Fault("T039", message, hint=hint))
