"""From what was typed to a recipe's file, and to its bytes."""

from os.path import normpath
from pathlib import Path

from framework.errors import Fault, RecipeError, nearest_hint
from framework.recipe.shipped import shipped_recipes

NOT_FOUND = "R025"


class NoSuchRecipe(LookupError):  # noqa: N818  an answer, which the caller places
    """Neither a file nor a shipped recipe.

    Attributes:
        hint: the nearest name, or all names.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def find_recipe(recipe: str | Path) -> Path:
    """The file of a recipe: an existing path, else a shipped recipe by its name.

    Raises:
        RecipeError: there is neither, or the path is a directory.
    """
    try:
        return locate(recipe, Path())
    except NoSuchRecipe as error:
        raise RecipeError(
            Fault(NOT_FOUND, str(error), place=str(recipe), hint=error.hint)
        ) from None


def locate(recipe: str | Path, folder: Path) -> Path:
    """The file of a recipe, relative paths counted from `folder`.

    Raises:
        NoSuchRecipe: there is neither such a file nor such a shipped recipe.
    """
    shipped = shipped_recipes()
    name = str(recipe).removesuffix(".yaml")
    try:
        path = _tidied(folder / recipe)
        if path.is_file():
            return path
        if name in shipped:
            return _from_here(shipped[name])
        if path.is_dir():
            raise NoSuchRecipe(f"'{recipe}' is a directory, not a recipe", _names_in(path))
        if path.exists():
            raise NoSuchRecipe(f"'{recipe}' is not a regular file")
    except OSError as error:  # such as a name that is too long, or a folder that is closed
        raise NoSuchRecipe(f"'{recipe}' cannot be read: {error.strerror}") from None
    known = f"shipped recipes: {', '.join(shipped)}" if shipped else ""
    raise NoSuchRecipe(f"no such recipe '{recipe}'", nearest_hint(name, shipped) or known)


def contents_of(path: Path, *, at_most: int) -> bytes:
    """The bytes of a recipe's file.

    Raises:
        RecipeError: the file cannot be read, or holds more than `at_most` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(at_most + 1)
    except OSError as error:
        message = f"the recipe cannot be read: {error.strerror}"
        raise RecipeError(Fault(NOT_FOUND, message, place=str(path))) from None
    if len(data) > at_most:
        message = f"a recipe holds at most {at_most:,} bytes"
        raise RecipeError(Fault("R016", message, place=str(path)))
    return data


def _tidied(path: Path) -> Path:
    """The path without `..`, where that leads to the same file."""
    tidy = Path(normpath(path))
    return tidy if tidy.exists() and tidy.samefile(path) else path


def _names_in(folder: Path) -> str:
    names = sorted(str(path) for path in folder.glob("*.yaml"))[:5]
    return f"it holds {', '.join(names)}" if names else ""


def _from_here(path: Path) -> Path:
    """The path as a person in the current directory would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
