"""Names that become folders: what a recipe may be called, and what it is called by default."""

import re
from pathlib import Path

from framework.recipe.shipped import shipped_name

LONGEST_NAME = 64
NAME_PATTERN = rf"^(?=.{{1,{LONGEST_NAME}}}$)[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$"

_NAME = re.compile(NAME_PATTERN.removesuffix("$") + r"\Z")
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}
_ALLOWED = (
    f"a name has 1 to {LONGEST_NAME} letters, digits, '.', '_' or '-', begins with a letter or "
    "digit, does not end with a dot and is no Windows device"
)


def is_name(text: str) -> bool:
    """Whether a folder can have this name on every system, inside the folder it is made in."""
    return bool(_NAME.match(text)) and text.split(".", maxsplit=1)[0].casefold() not in _DEVICES


def checked_name(name: str) -> str:
    """The name as it is.

    Raises:
        ValueError: no folder should be called so; the message says what is allowed.
    """
    if not is_name(name):
        raise ValueError(_ALLOWED)
    return name


def default_name(source: Path) -> str:
    """The name of a recipe that states none: `mnist-basic` for the shipped `mnist/basic`.

    Other recipes are called as their file, with `-` for what a name cannot hold.
    """
    stem = shipped_name(source) or source.stem
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).lstrip("._-")[:LONGEST_NAME].rstrip(".")
    return name if is_name(name) else f"recipe-{name}"[:LONGEST_NAME].rstrip(".-")
