"""What a cross-validation keeps, measured on the test images once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from framework.errors import Fault
from framework.recipe.plans import Plan
from framework.runs.completed import CompletedRun, draw_figures
from framework.runs.directory import RunDirectory
from framework.runs.ensembles import Ensemble
from framework.runs.execution import Execution
from framework.runs.folds import Folds
from framework.runs.parts import REFIT, make_part, refit_plan
from framework.runs.results import write_result
from framework.runs.training import measure, train


@dataclass(frozen=True)
class _Kept:
    """What is kept, and what its figures can and cannot tell.

    Attributes:
        name: the directory of the training whose weights are kept, or `ensemble`.
        plan: the plan of the training that is drawn.
        store: its directory.
        test: metrics on the test images.
        note: how the figures are to be read.
    """

    name: str
    plan: Plan
    store: RunDirectory
    test: Mapping[str, float]
    note: str


def keep(folds: Folds, store: RunDirectory, execution: Execution) -> list[Fault]:
    """Keep what the recipe asks for, measure it, draw it, and record the end.

    What is answered are the figures that could not be drawn.
    """
    settings = folds.plan.recipe.cross_validation
    ways = {"best_fold": _best_fold, "ensemble": _ensemble, "refit": _refit}
    kept = ways["best_fold" if settings is None else settings.keep](folds, store, execution)
    state = kept.store.state
    run = CompletedRun(
        kept.plan,
        kept.store,
        execution.bundle,
        kept_epoch=0 if state.best is None else state.best.epoch,
        num_epochs=0 if state.checkpoint is None else state.checkpoint.epoch,
        device=execution.device,
    )
    if kept.name != "ensemble":
        store.adopt(kept.store)
    faults = draw_figures(run, store.path / "figures")
    known = store.state.note
    note = known if kept.note in known else "; ".join(filter(None, (kept.note, known)))
    seconds = folds.seconds + (state.seconds if kept.name == REFIT else 0.0)
    store.update(kept=kept.name, note=note, test=kept.test, seconds=seconds)
    write_result(store.path, status="finished")
    store.update(status="finished", reason="")
    return faults


def _best_fold(folds: Folds, store: RunDirectory, execution: Execution) -> _Kept:  # noqa: ARG001
    name, device = folds.best, execution.device
    test = measure(folds.plan, folds.task(name, device), execution.bundle.test, device)
    note = (
        f"test metrics are those of {name}, kept because its value is the best of "
        f"{len(folds.stores)}, which flatters it; mean ± sd over the folds is the estimate"
    )
    return _Kept(name, folds.plans[name], folds.stores[name], test, note)


def _ensemble(folds: Folds, store: RunDirectory, execution: Execution) -> _Kept:  # noqa: ARG001
    name, device = folds.best, execution.device
    ensemble = Ensemble([folds.task(each, device) for each in folds.stores], device)
    test = measure(folds.plan, ensemble, execution.bundle.test, device)
    note = (
        f"test metrics are those of the mean prediction of {len(folds.stores)} folds, their loss "
        f"the mean of the losses; mean ± sd tells what one fold does alone; figures show {name}"
    )
    return _Kept("ensemble", folds.plans[name], folds.stores[name], test, note)


def _refit(folds: Folds, store: RunDirectory, execution: Execution) -> _Kept:
    plan = refit_plan(folds.plan)
    part = make_part(store, REFIT, plan, execution.inheritance_of)
    with part.lock():
        train(plan, part, replace(execution, label=execution.labelled(REFIT)))
    part = RunDirectory(part.path)
    held_out = plan.recipe.validation.fraction
    but = f" but {held_out:.3g} of them, which validated it" if held_out else ""
    note = (
        f"test metrics are those of a training on all images{but}; mean ± sd over the folds "
        "estimates the recipe, not these weights"
    )
    return _Kept(REFIT, plan, part, part.state.test, note)
