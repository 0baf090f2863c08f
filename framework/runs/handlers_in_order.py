"""The handlers of a fit in the one order in which each event reaches them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from framework.contracts import Handler
from framework.handlers.averaging import Averaging
from framework.handlers.best_weights import BestWeights
from framework.handlers.checkpointing import Checkpointing
from framework.handlers.early_stopping import EarlyStopping
from framework.handlers.gradient_clipping import GradientClipping
from framework.handlers.guards import FiniteWeights
from framework.handlers.masks import PruningMethod
from framework.handlers.metrics_log import MetricsLog
from framework.handlers.monitoring import Monitor
from framework.handlers.parameter_schedules import ParameterSchedules
from framework.handlers.schedules import Schedules
from framework.handlers.snapshots import Snapshots
from framework.handlers.time_limit import TimeLimit
from framework.handlers.weight_pruning import PruningGroup, WeightPruning
from framework.learning_rates import Scheduler
from framework.recipe import blocks
from framework.recipe.curves import value_at
from framework.recipe.live_numbers import live_number
from framework.recipe.plans import Plan
from framework.recipe.pruned_layers import pruned_weights
from framework.runs.directory import RunDirectory


def make_best_weights(plan: Plan, *, has_validation: bool) -> BestWeights | None:
    """What is kept: the best by the named monitor, or by the validation loss where there is one."""
    saving, stopping = plan.recipe.checkpointing, plan.recipe.early_stopping
    if plan.recipe.training.num_epochs == 0:  # nothing is ever evaluated on the way
        return None
    if saving.monitor is not None:
        return BestWeights(Monitor(saving.monitor, saving.mode or "min"))
    if stopping is not None:
        return BestWeights(Monitor(stopping.monitor, stopping.mode))
    if has_validation and len(plan.loss_names) == 1:
        return BestWeights(Monitor("validation/loss", "min"))
    return None


def handlers_in_order(
    plan: Plan,
    networks: Mapping[str, nn.Module],
    schedulers: Mapping[str, Scheduler],
    best_weights: BestWeights | None,
    store: RunDirectory | None,
    *,
    parts: Mapping[str, Any],
    save: Callable[[], None],
    is_over: Callable[[], bool],
) -> dict[str, Handler]:
    """Make all handlers of a fit, by the names under which their state is saved.

    Args:
        plan: what to train.
        networks: what is trained.
        schedulers: optimizer → the schedule of its learning rate.
        best_weights: keeps the best weights, where anything is monitored.
        store: where the fit is saved; None trains in memory.
        parts: what has been built already, by its place in the recipe.
        save: saves the fit.
        is_over: tells whether the epoch just completed is the last.
    """
    stopping = _early_stopping(plan)
    pruning = _weight_pruning(plan, networks, best_weights, stopping, store)
    handlers: dict[str, Handler] = {}
    if (averaging := plan.recipe.averaging) is not None:
        handlers["averaging"] = Averaging(networks, decay=averaging.decay)
    if pruning is not None:
        handlers["weight_pruning"] = pruning
    handlers |= _step_handlers(plan, schedulers)
    handlers["finite_weights"] = FiniteWeights()
    parts = {**parts, **_parts_of(handlers)}
    for name, planned in plan.components.handlers.items():
        handlers[f"recipe/{name}"] = planned.build(data=plan.data, parts=parts)
    if best_weights is not None:
        handlers["best_weights"] = best_weights
    if stopping is not None:
        handlers["early_stopping"] = stopping
    if store is not None:
        figures = [p.build(data=plan.data) for p in plan.components.figures.values()]
        epochs = {epoch for figure in figures for epoch in figure.epochs}
        handlers["snapshots"] = Snapshots(epochs, store.store_snapshot)
        handlers["metrics_log"] = MetricsLog(store.path / "metrics.jsonl")
    handlers["checkpointing"] = Checkpointing(
        save,
        every_num_epochs=plan.recipe.checkpointing.every_num_epochs,
        every_num_iterations=plan.recipe.checkpointing.every_num_iterations,
        is_due_anyway=is_over,
    )
    return _parameter_schedules(plan, parts) | handlers


def _parts_of(handlers: Mapping[str, Handler]) -> dict[str, Any]:
    """What keeps the numbers of the recipe's own blocks, by its place in the recipe."""
    parts: dict[str, Any] = dict(handlers)
    if isinstance(pruning := handlers.get("weight_pruning"), WeightPruning):
        parts |= {f"weight_pruning.groups.{i}": group for i, group in enumerate(pruning.groups)}
    return parts


def _parameter_schedules(plan: Plan, parts: Mapping[str, Any]) -> dict[str, Handler]:
    """What comes first, as all others act with the numbers of the epoch."""
    courses = {each.parameter: partial(value_at, each) for each in plan.recipe.schedules}
    numbers = {parameter: live_number(parameter, parts) for parameter in courses}
    return {"parameter_schedules": ParameterSchedules(numbers, courses)} if numbers else {}


def _step_handlers(plan: Plan, schedulers: Mapping[str, Scheduler]) -> dict[str, Handler]:
    """What acts on steps of the optimizers, and ends them."""
    handlers: dict[str, Handler] = {}
    if (clipping := plan.recipe.gradient_clipping) is not None:
        handlers["gradient_clipping"] = GradientClipping(max_norm=clipping.max_norm)
    if schedulers:
        handlers["schedules"] = Schedules(schedulers)
    if (minutes := plan.recipe.training.time_limit_minutes) is not None:
        handlers["time_limit"] = TimeLimit(minutes=minutes)
    return handlers


def _early_stopping(plan: Plan) -> EarlyStopping | None:
    stopping = plan.recipe.early_stopping
    if stopping is None:
        return None
    monitor = Monitor(stopping.monitor, stopping.mode)
    return EarlyStopping(monitor, patience=stopping.patience, min_delta=stopping.min_delta)


def _weight_pruning(
    plan: Plan,
    networks: Mapping[str, nn.Module],
    best_weights: BestWeights | None,
    stopping: EarlyStopping | None,
    store: RunDirectory | None,
) -> WeightPruning | None:
    pruning = plan.recipe.weight_pruning
    if pruning is None or pruning.every_num_epochs is None:
        return None

    def begin_level(level: int) -> None:
        if stopping is not None:
            stopping.grant_grace(pruning.grace_num_epochs)
        if pruning.regrow:
            return
        if stopping is not None:
            stopping.restart()
        if best_weights is None:
            return
        if store is not None and best_weights.value is not None:
            store.store_best_of_level(level - 1, best_weights.weights)
        best_weights.restart()

    return WeightPruning(
        [_pruning_group(group, networks) for group in pruning.groups],
        every_num_epochs=pruning.every_num_epochs,
        regrow=pruning.regrow,
        method=PruningMethod(name=pruning.method, n=pruning.n, dim=pruning.dim),
        seed=plan.seed,
        after_pruning=begin_level,
    )


def _pruning_group(group: blocks.PruningGroup, networks: Mapping[str, nn.Module]) -> PruningGroup:
    weights = pruned_weights(networks[group.network], group.layers)
    named = {f"{group.network}.{key}": weight for key, weight in weights.items()}
    return PruningGroup(f"{group.network}.{group.layers}", named, group.amount)
