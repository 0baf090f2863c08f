"""What a recipe measures, and whether what it monitors is among that."""

from collections.abc import Iterator

from framework.errors import Fault, nearest_hint
from framework.recipe.documents import Document
from framework.recipe.plans import Components
from framework.recipe.proving import Proof
from framework.recipe.schema import Recipe


def measured(recipe: Recipe, components: Components, proof: Proof) -> list[str]:
    """What can be monitored, or be the objective of a search; handlers may add to it."""
    names = ["loss"] if len(proof.loss_names) == 1 else [f"loss/{n}" for n in proof.loss_names]
    names += proof.term_names
    known = [f"train/{name}" for name in names]
    if _has_validation(recipe):
        known += [f"validation/{name}" for name in (*names, *components.metrics)]
    return known


def monitor_faults(
    recipe: Recipe, components: Components, document: Document, proof: Proof
) -> Iterator[Fault]:
    """What is monitored, and never measured."""
    known = measured(recipe, components, proof)
    has_validation = _has_validation(recipe)
    for key, monitor in _monitors(recipe, components):
        if monitor in known:
            continue
        place = document.place((*key.split("."), "monitor"))
        if monitor.startswith("validation/") and not has_validation:
            message = f"'{monitor}' is never measured with a validation fraction of 0"
            hint = "monitor 'train/loss', or hold images out"
            yield Fault("R032", message, key=f"{key}.monitor", place=place, hint=hint)
        elif not components.handlers:  # a handler may add metrics of its own
            message = f"no metric named '{monitor}'"
            hint = nearest_hint(monitor, known) or f"there are {known}"
            yield Fault("R005", message, key=f"{key}.monitor", place=place, hint=hint)


def has_folds_only(recipe: Recipe) -> bool:
    """Whether folds take the place of `validation` in everything that is trained."""
    folds = recipe.cross_validation
    return folds is not None and (folds.fold is not None or folds.keep != "refit")


def _has_validation(recipe: Recipe) -> bool:
    return recipe.validation.fraction > 0 or has_folds_only(recipe)


def _monitors(recipe: Recipe, components: Components) -> Iterator[tuple[str, str]]:
    """What is monitored, each after the dotted key of what monitors it."""
    blocks = {"early_stopping": recipe.early_stopping, "checkpointing": recipe.checkpointing}
    for key, block in blocks.items():
        if block is not None and block.monitor is not None:
            yield key, block.monitor
    for planned in components.schedulers.values():
        if isinstance(monitor := planned.values.get("monitor"), str):
            yield planned.role, monitor
