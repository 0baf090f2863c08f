"""The engine that takes optimizer steps."""

import math
from collections import deque
from collections.abc import Mapping, Sequence

import torch
from ignite.engine import Engine
from torch.optim import Optimizer

from framework.contracts import Batch, Task
from framework.engines.engine import ReliableEngine
from framework.errors import Fault, TrainingError
from framework.events import FitEvents
from framework.seeding import derive_seed, seed_generators


def make_trainer(
    task: Task, optimizers: Mapping[str, Optimizer], *, seed: int, device: torch.device
) -> Engine:
    """Make the engine that trains `task`: for each loss zero_grad, backward, step.

    Before each step the random state becomes a function of (seed, iteration), so that an iteration
    is the same whether the run was interrupted before it or not. The output of an iteration is
    `{optimizer: loss}`.

    Raises (when run):
        TrainingError: a loss is not finite; no weight has then been touched by it.
    """
    recent: deque[float] = deque(maxlen=5)

    def step(engine: Engine, batch: Batch) -> dict[str, float]:
        iteration = engine.state.iteration
        seed_generators(derive_seed(seed, "step", iteration), device)
        values: dict[str, float] = {}
        for name, loss in task.losses(batch):
            values[name] = loss.item()
            recent.append(values[name])
            if not math.isfinite(values[name]):
                raise _diverged(engine, optimizers[name], recent)
            optimizers[name].zero_grad(set_to_none=True)
            loss.backward()
            engine.fire_event(FitEvents.BACKWARD_COMPLETED)
            optimizers[name].step()
            engine.fire_event(FitEvents.OPTIMIZER_STEPPED)
        return values

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
