"""The engine that measures."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from ignite.engine import Engine, Events
from jaxtyping import Float
from torch import Tensor

from framework.contracts import Batch, Metric, Task
from framework.data.loaders import ImageLoader
from framework.engines.averages import LossAverages
from framework.engines.engine import ReliableEngine
from framework.engines.metric_sets import MetricSets
from framework.seeding import derive_seed, seed_generators


def make_evaluator(
    task: Task, metrics: Mapping[str, Metric], *, seed: int, device: torch.device
) -> Engine:
    """Make the engine that measures losses and metrics; it never changes a weight.

    Batch i meets the same noise in every epoch, else a best value could not be measured again.
    `state.metrics` holds the means of the losses and of their terms, and the computed metrics.
    """
    averages, measured = LossAverages(), MetricSets(metrics)

    def step(engine: Engine, batch: Batch) -> None:
        seed_generators(derive_seed(seed, "evaluation", engine.state.iteration), device)
        for name, loss in _without_gradients(task.losses(batch)):
            terms = {term: value.item() for term, value in task.terms().items()}
            averages.update({name: loss.item()}, terms, weight=float(len(batch)))
        if metrics:
            with torch.no_grad():
                measured.update(task.evaluations(batch))

    def reset() -> None:
        averages.reset()
        measured.reset()

    def compute(engine: Engine) -> None:
        engine.state.metrics = averages.compute() | measured.compute()

    evaluator = ReliableEngine(step)
    evaluator.add_event_handler(Events.EPOCH_STARTED, reset)
    evaluator.add_event_handler(Events.EPOCH_COMPLETED, compute)
    return evaluator


def evaluate(evaluator: Engine, loader: ImageLoader) -> dict[str, float]:
    """Measure everything that a loader serves, once."""
    evaluator.run(loader.epoch(), max_epochs=1, epoch_length=len(loader))
    return dict(evaluator.state.metrics)


def _without_gradients(
    losses: Iterator[tuple[str, Float[Tensor, ""]]],
) -> Iterator[tuple[str, Float[Tensor, ""]]]:
    # The mode is entered around each step of the generator: held across a yield it would leak.
    while True:
        with torch.no_grad():
            item: Any = next(losses, None)
        if item is None:
            return
        yield item
