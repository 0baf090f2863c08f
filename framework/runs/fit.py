"""One training, advanced an epoch at a time, that can be taken up at any iteration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from ignite.engine import Engine, Events

from framework.contracts import Handler, ImageSet
from framework.engines.averages import LossAverages
from framework.engines.evaluator import evaluate, make_evaluator
from framework.engines.trainer import make_trainer
from framework.errors import CheckpointError, Fault
from framework.events import FitEvents
from framework.handlers.averaging import Averaging
from framework.handlers.guards import require_finite_weights
from framework.recipe.building import build_task
from framework.recipe.plans import Plan
from framework.runs.assembly import (
    Splits,
    build_metrics,
    build_on,
    build_optimizers,
    build_schedulers,
    evaluation_loader,
    prepared_images,
    training_loader,
)
from framework.runs.directory import RunDirectory
from framework.runs.epoch_lengths import iteration_now
from framework.runs.handlers_in_order import handlers_in_order, make_best_weights
from framework.runs.optimizer_changes import optimizer_parameters, other_optimizers, with_changes
from framework.runs.stopwatch import Stopwatch
from framework.runs.tuning import Tuning
from framework.runs.weights import load_weights

Status = Literal["running", "finished", "early_stopped"]


class Fit:
    """The training of one plan on one split; what handlers see as the run.

    Args:
        plan: what to train.
        images: the images that `splits` points into; never the test split.
        splits: which of them train and which validate.
        device: where to train.
        store: where to save; None trains in memory.
        observers: handlers that only look on, such as a progress display; never saved.
        label: which of several trainings this is, such as `fold 2`; empty for the only one.

    Attributes:
        label: which of several trainings this is; empty for the only one.
        status: running, finished or early_stopped.
        reason: why training stopped early.
        epoch: epochs completed.
        metrics: the row of the current epoch.
        best_weights: what is kept, where anything is monitored.
    """

    def __init__(
        self,
        plan: Plan,
        images: ImageSet,
        splits: Splits,
        *,
        device: torch.device,
        store: RunDirectory | None = None,
        observers: Sequence[Handler] = (),
        label: str = "",
    ) -> None:
        self.label = label
        self.num_epochs = plan.recipe.training.num_epochs
        self.status: Status = "running" if self.num_epochs else "finished"
        self.reason = ""
        self.epoch = 0
        self.metrics: dict[str, float] = {}
        parts: dict[str, Any] = {}
        self.networks = build_on(plan, device, parts=parts)
        if store is not None:
            store.load_initial(self.networks)
        self._tuning = Tuning(plan, self.networks)
        self.task = build_task(plan.components, plan.data, self.networks, device, parts=parts)
        self.optimizers = build_optimizers(plan, self.networks, parts=parts)
        self._parameters = optimizer_parameters(plan)
        self._store = store
        self._stopwatch = Stopwatch()
        self._is_interrupted = False
        self._saved_at: int | None = None
        self._averages = LossAverages()
        self._rates: dict[str, float] = {}
        prepared = prepared_images(plan, self.task, self.networks, images, device)
        self._train_loader = training_loader(plan, images, splits, device, prepared)
        validation = evaluation_loader(plan, images, splits.validation, device, prepared)
        self._validation_loader = validation
        self._trainer, self._evaluator = self._engines(plan, device)
        self.best_weights = make_best_weights(plan, has_validation=len(splits.validation) > 0)
        self._handlers = self._make_handlers(plan, parts)
        self._attach([*self._handlers.values(), *observers])

    @property
    def directory(self) -> Path | None:
        """Where the run keeps its files."""
        return None if self._store is None else self._store.path

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to train; a stop takes effect when its epoch is over."""
        return self.status != "running" and self._iteration % self.epoch_length == 0

    @property
    def epoch_length(self) -> int:
        """Iterations of an epoch."""
        return len(self._train_loader)

    @property
    def seconds(self) -> float:
        """Time spent training, over all attempts."""
        return self._stopwatch.seconds

    @property
    def best(self) -> Mapping[str, Any] | None:
        """Metric, mode, value and epoch of the best evaluation so far."""
        if self.best_weights is None or self.best_weights.value is None:
            return None
        monitor = self.best_weights.monitor
        found = {"value": self.best_weights.value, "epoch": self.best_weights.epoch}
        return {"metric": monitor.metric, "mode": monitor.mode} | found

    def stop(self, reason: str) -> None:
        """End training after this epoch as an early stop."""
        self.status, self.reason = "early_stopped", reason

    def abandon(self, reason: str) -> None:
        """End training after an epoch that is over already."""
        self.stop(reason)
        self._trainer.fire_event(FitEvents.FIT_ENDED)

    def interrupt(self) -> None:
        """Let `advance` end after the current iteration, with everything saved."""
        self._is_interrupted = True

    def advance(self) -> bool:
        """Train an epoch, or what is left of it, and evaluate; answer whether training goes on.

        Raises:
            TrainingError: a loss or a weight is no longer finite; what was saved stays as it was.
        """
        with self._stopwatch:
            if not (self.is_over or self._is_interrupted):
                self._train()
                if self._iteration % self.epoch_length == 0:
                    self._end_epoch()
        if self._is_interrupted and self._saved_at != self._iteration:
            self.save()
        return not (self.is_over or self._is_interrupted)

    def save(self) -> None:
        """Write a checkpoint.

        Raises:
            TrainingError: a weight is not finite; nothing is written then.
            StorageError: the disk does not take it; the checkpoint before is intact.
        """
        require_finite_weights(self)
        if self._store is not None:
            self._store.save(self.state_dict(), self.best_weights, seconds=self.seconds)
        self._saved_at = self._iteration

    def restore_best(self) -> int:
        """Put the best weights, or else the last, into the networks; answer their epoch."""
        if self.best_weights is None or self.best_weights.value is None:
            if isinstance(averaging := self._handlers.get("averaging"), Averaging):
                averaging.put_in()
            return self.epoch
        load_weights(self.networks, self.best_weights.weights, source="checkpoint")
        return self.best_weights.epoch

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resume needs; no random state is among it."""
        stateful = {n: h for n, h in self._handlers.items() if hasattr(h, "state_dict")}
        return {
            "status": self.status,
            "reason": self.reason,
            "epoch": self.epoch,
            "iteration": self._iteration,
            "epoch_length": self.epoch_length,
            "seconds": self.seconds,
            "networks": {n: network.state_dict() for n, network in self.networks.items()},
            "optimizers": {n: optimizer.state_dict() for n, optimizer in self.optimizers.items()},
            "handlers": {n: handler.state_dict() for n, handler in stateful.items()},
            "averages": self._averages.state_dict(),
            "optimizer_parameters": self._parameters,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where a checkpoint was taken, before anything else is done.

        What the recipe has changed about its optimizers since then holds.

        Raises:
            CheckpointError: it holds other networks, optimizers or handlers; nothing is changed
                then.
        """
        self._require_same_parts(state)
        state = with_changes(state, self._parameters, self.optimizers)
        load_weights(self.networks, state["networks"], source="checkpoint")
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        for name, values in state["handlers"].items():
            self._handlers[name].load_state_dict(values)  # type: ignore[attr-defined]
        self._averages.load_state_dict(state["averages"])
        self.status, self.reason, self.epoch = state["status"], state["reason"], state["epoch"]
        self._stopwatch.seconds = state["seconds"]
        place = {"iteration": iteration_now(state, self.epoch_length), "max_epochs": self.epoch + 1}
        self._trainer.load_state_dict(place | {"epoch_length": self.epoch_length})

    def _require_same_parts(self, state: Mapping[str, Any]) -> None:
        foreign = set(state["handlers"]) - set(self._handlers)
        foreign |= other_optimizers(state["optimizer_parameters"], self._parameters)
        if foreign:
            message = f"saved by another recipe: they differ in {', '.join(sorted(foreign))}"
            hint = "restore resolved.yaml, or train again with --new"
            raise CheckpointError(Fault("C064", message, place="checkpoint", hint=hint))

    @property
    def _iteration(self) -> int:
        return self._trainer.state.iteration

    def _engines(self, plan: Plan, device: torch.device) -> tuple[Engine, Engine]:
        """The trainer and the evaluator."""
        trainer = make_trainer(
            self.task,
            self.optimizers,
            seed=plan.seed,
            device=device,
            accumulation=plan.recipe.training.accumulation,
        )
        metrics = build_metrics(plan, device)
        return trainer, make_evaluator(self.task, metrics, seed=plan.seed, device=device)

    def _make_handlers(self, plan: Plan, parts: Mapping[str, Any]) -> dict[str, Handler]:
        return handlers_in_order(
            plan,
            self.networks,
            build_schedulers(plan, self.optimizers, steps_per_epoch=self.epoch_length),
            self.best_weights,
            self._store,
            parts=parts,
            save=self.save,
            is_over=lambda: self.is_over,
        )

    def _attach(self, handlers: Sequence[Handler]) -> None:
        self._trainer.add_event_handler(Events.ITERATION_COMPLETED, self._after_iteration)
        for handler in handlers:
            handler.attach(self._trainer, self._evaluator, self)

    def _after_iteration(self, trainer: Engine) -> None:
        losses: Any = trainer.state.output
        batch: Any = trainer.state.batch
        terms = trainer.state.terms  # type: ignore[attr-defined]
        self._averages.update(losses, terms, weight=float(len(batch)))
        self._rates = _learning_rates(self.optimizers)  # before a schedule sets the next
        if self._is_interrupted and trainer.state.iteration % self.epoch_length:
            trainer.terminate()  # in an epoch; its end comes by itself

    def _train(self) -> None:
        if not self._stopwatch.has_run:
            self._trainer.fire_event(FitEvents.FIT_STARTED)
        if not (start := self._iteration % self.epoch_length):
            self._averages.reset()
        self._tuning.begin_epoch(self.epoch + 1, is_training=True)
        self._trainer.should_terminate = False
        batches = self._train_loader.epoch(self.epoch, start=start)
        self._trainer.run(batches, max_epochs=self.epoch + 1, epoch_length=self.epoch_length)

    def _end_epoch(self) -> None:
        self.epoch += 1
        self.metrics = {f"train/{k}": v for k, v in self._averages.compute().items()}
        self.metrics |= self._rates
        self._trainer.fire_event(FitEvents.VALIDATING)
        if len(self._validation_loader):
            self._tuning.begin_epoch(self.epoch, is_training=False)
            measured = evaluate(self._evaluator, self._validation_loader)
            self.metrics |= {f"validation/{name}": value for name, value in measured.items()}
        self._trainer.fire_event(FitEvents.VALIDATED)
        if self.epoch == self.num_epochs and not self.is_over:
            self.status = "finished"
        self._trainer.fire_event(FitEvents.SAVING)
        if self.is_over:
            self._trainer.fire_event(FitEvents.FIT_ENDED)


def _learning_rates(optimizers: Mapping[str, torch.optim.Optimizer]) -> dict[str, float]:
    rates = {name: float(each.param_groups[0]["lr"]) for name, each in optimizers.items()}
    if len(rates) == 1:
        return {"lr": next(iter(rates.values()))}
    return {f"lr/{name}": rate for name, rate in rates.items()}
