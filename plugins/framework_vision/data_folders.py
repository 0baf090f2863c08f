"""Where data sets that can be fetched are looked for."""

import os
from pathlib import Path

DATA_VARIABLE = "FRAMEWORK_DATA"
"""Environment variable that names the folder of all data sets."""


def data_folder(root: Path | None) -> Path:
    """The folder of all data sets: `root`, else the one that FRAMEWORK_DATA names, else a cache."""
    if root is not None:
        return root.expanduser()
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "ignite-framework"


def holds_files(folder: Path) -> bool:
    """Whether there is anything in a folder, which need not exist."""
    try:
        return any(folder.iterdir())
    except OSError:  # not there; or not readable, which a download's message will tell
        return False


def whereabouts_of(folder: Path, *, is_there: bool, can_fetch: bool) -> str:
    """Say where data are, or that they are not."""
    if is_there:
        return str(folder)
    if holds_files(folder):
        return f"{folder}: files are missing"
    return f"{folder}: not there, {'fetched when needed' if can_fetch else 'and not to be fetched'}"
