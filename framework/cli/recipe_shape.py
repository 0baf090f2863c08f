"""The part of checking a recipe that answers at once, before torch is imported."""

from collections.abc import Sequence
from pathlib import Path


def require_shape(recipe: str, overrides: Sequence[str]) -> None:
    """Refuse a recipe that cannot be read, or has keys or values that no recipe has.

    Raises:
        RecipeError: every fault found.
    """
    from framework.recipe.loading import load_document
    from framework.recipe.schema import read_recipe
    from framework.runs.records import is_run

    if not is_run(Path(recipe)):
        read_recipe(load_document(recipe, overrides))
