"""The recipes that come with the framework, by name."""

import re
from functools import cache
from pathlib import Path

SCHEMA_LINE = re.compile(r"^# yaml-language-server: \$schema=(.+)$", re.MULTILINE)
"""The comment by which a recipe tells editors where the JSON Schema of recipes is."""

_PACKAGE = Path(__file__).parents[1]


def shipped_recipes() -> dict[str, Path]:
    """Every shipped recipe by its name, such as `mnist/basic`, in alphabetical order."""
    return dict(_found(_folder()))


def shipped_name(path: Path) -> str | None:
    """The name of the shipped recipe that stands in this file; None for any other file."""
    resolved = path.resolve()
    names = (name for name, shipped in shipped_recipes().items() if shipped.resolve() == resolved)
    return next(names, None)


def _folder() -> Path:
    """Inside the package once installed; beside it in a checkout."""
    installed = _PACKAGE / "shipped_recipes"
    return installed if installed.is_dir() else _PACKAGE.parent / "recipes"


@cache
def _found(folder: Path) -> tuple[tuple[str, Path], ...]:
    files = ((path.relative_to(folder).with_suffix(""), path) for path in folder.rglob("*.yaml"))
    return tuple(sorted((name.as_posix(), path) for name, path in files))
