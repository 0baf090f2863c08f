"""What a search keeps: its best trial, measured on the test images once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial

from framework.errors import Fault
from framework.recipe.drawing import Draw
from framework.recipe.plans import Plan
from framework.runs.completed import CompletedRun, draw_figures
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.folds import Folds
from framework.runs.keeping import keep
from framework.runs.predictions import store_out_of_fold
from framework.runs.results import write_result
from framework.runs.search.counting import RUN
from framework.runs.search.drawing import search_of
from framework.runs.search.feasibility import planned_trial
from framework.runs.search.participation import OVERRIDES
from framework.runs.search.trials import TrialRun
from framework.runs.training import measure


def best_of(study: Study) -> list[FrozenTrial]:
    """The best trial that keeps all constraints, and what else is on the Pareto front.

    Of several objectives the one that is best in the first of them comes first. Empty where no
    trial has a value and keeps the constraints.
    """
    if len(study.directions) > 1:
        sign = 1 if study.directions[0].name == "MINIMIZE" else -1
        return sorted(study.best_trials, key=lambda trial: (sign * trial.values[0], trial.number))
    try:
        return [study.best_trial]
    except ValueError:  # there is none
        return []


def keep_best(
    plan: Plan, store: RunDirectory, execution: Execution, front: Sequence[FrozenTrial]
) -> list[Fault]:
    """Keep the weights of the best trial, measure and draw it; answer the figures that failed.

    Args:
        plan: the plan of the search.
        store: its run directory.
        execution: with what, where and how.
        front: the best trial, then whatever else is on the Pareto front.
    """
    best = front[0]
    trial_plan = planned_trial(plan, Draw(json.loads(best.user_attrs[OVERRIDES])))
    run = TrialRun(trial_plan, plan, store, best.user_attrs[RUN], execution)
    own = replace(execution, label=run.store.path.name.replace("-", " "))
    with run.locked():
        part = RunDirectory(run.store.path)
        conclude = _keep_folds if trial_plan.has_parts else _measure
        faults = conclude(run, part, own)
    store.adopt(part)
    note = "; ".join(filter(None, (_note(plan, front), part.state.note)))
    store.update(kept=part.path.name, test=part.state.test, note=note)
    return faults


def _keep_folds(run: TrialRun, part: RunDirectory, execution: Execution) -> list[Fault]:
    folds = Folds(run.plan, run.fold_plans, run.fold_stores)
    store_out_of_fold(folds, part, execution)
    return keep(folds, part, execution)


def _measure(run: TrialRun, part: RunDirectory, execution: Execution) -> list[Fault]:
    state, device = part.state, execution.device
    completed = CompletedRun(
        run.plan,
        part,
        execution.bundle,
        kept_epoch=0 if state.best is None else state.best.epoch,
        num_epochs=0 if state.checkpoint is None else state.checkpoint.epoch,
        device=device,
    )
    task: Any = completed.task()
    part.update(test=measure(run.plan, task, execution.bundle.test, device))
    faults = draw_figures(completed)
    write_result(part.path, status=state.status)
    return faults


def _note(plan: Plan, front: Sequence[FrozenTrial]) -> str:
    """How what is kept is to be read."""
    name, others = front[0].user_attrs[RUN], [trial.user_attrs[RUN] for trial in front[1:]]
    flattered = "which flatters its validation metrics; test metrics are its own"
    objectives = list(search_of(plan).sought)
    if len(objectives) == 1:
        return f"{name} is kept because it is the best trial, {flattered}"
    beside = f", where {', '.join(others)} are too" if others else ""
    return f"{name} is kept because it has the best {objectives[0]} of the Pareto front{beside}"
