"""Names that become folders: what a recipe may be called, and what it is called by default."""

import re
from pathlib import Path

from framework.recipe.shipped import shipped_name

_LONGEST = 64
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}
NAME_PATTERN = rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{_LONGEST - 1}}}$"
ALLOWED_NAMES = (
    f"a name has 1 to {_LONGEST} letters, digits, '.', '_' or '-', begins with a letter or "
    "digit, does not end with a dot and is no Windows device"
)


def is_name(text: str) -> bool:
    """Whether a folder can have this name on every system, inside the folder it is made in."""
    if not re.fullmatch(NAME_PATTERN, text) or text.endswith("."):
        return False
    return text.split(".", maxsplit=1)[0].casefold() not in _DEVICES


def default_name(source: Path) -> str:
    """The name of a recipe that states none: `mnist-basic` for the shipped `mnist/basic`.

    Other recipes are called as their file, with `-` for what a name cannot hold.
    """
    stem = shipped_name(source) or source.stem
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).lstrip("._-")[:_LONGEST].rstrip(".")
    return name if is_name(name) else f"recipe-{name}"[:_LONGEST].rstrip(".-")
