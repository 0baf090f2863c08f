"""The command of a run as anybody would type it: no path, and nothing of one machine alone."""

import re
import shlex
from collections.abc import Sequence

import click

from framework.cli.run import run
from framework.recipe.shipped import shipped_recipes

_OF_ONE_MACHINE = ("training.num_threads=", "dataset.root=", "executor=", "executor.")
_PATH = re.compile(r"(?:^|[\s=\[{,:'\"])[/~]")


def normalised(command: str) -> str:
    """The command with its recipe by name and the overrides that say what was trained.

    Args:
        command: a call of `framework run`, options included, which are left out.

    Raises:
        ClickException: it is another command, its recipe is not shipped, or an override names a
            path or a file with a plugin, so that nobody else could carry it out.
    """
    program, *words = shlex.split(command)
    if [program, *words[:1]] != ["framework", "run"]:
        raise _refusal(command, "not a call of 'framework run'", "train it from a command line")
    options = run.make_context("run", words[1:]).params
    overrides = [word for word in options["overrides"] if not word.startswith(_OF_ONE_MACHINE)]
    if options["plugins"] or any(_PATH.search(word) for word in overrides):
        raise _refusal(command, "it names a file of this machine", "use what is shipped")
    return command_of(_recipe_name(options["recipe"], command), overrides)


def command_of(recipe: str, overrides: Sequence[str] = ()) -> str:
    """The command that carries a shipped recipe out."""
    return shlex.join(["framework", "run", recipe, *overrides])


def is_scaled_down(command: str, full: str) -> bool:
    """Whether a command changes more of the recipe than the full one does, seeds apart."""
    changed = set(shlex.split(command)) - set(shlex.split(full))
    return any(not word.startswith(("seed=", "seeds=")) for word in changed)


def _recipe_name(recipe: str, command: str) -> str:
    known = shipped_recipes()
    name = recipe.removesuffix(".yaml").rpartition("recipes/")[2]
    if name not in known:
        raise _refusal(command, f"no shipped recipe '{name}'", f"there are {', '.join(known)}")
    return name


def _refusal(command: str, message: str, hint: str) -> click.ClickException:
    return click.ClickException(f"{command} - {message} - {hint}")
