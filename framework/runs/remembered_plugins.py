"""The single-file plugins that a run remembers, for whoever continues or loads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framework.errors import CheckpointError, Fault


def remembered_plugins(directory: Path, meta: Mapping[str, Any]) -> list[Path]:
    """The plugin files that a run was begun with.

    Importing one executes it, so none may be brought along by the run directory, which may be
    anybody's: a file counts by its full path only, outside of the directory.

    Args:
        directory: the run directory.
        meta: its `meta.json`.

    Raises:
        CheckpointError: the record names something else than such files.
    """
    place, named = str(directory / "meta.json"), meta.get("plugin_files")
    if not isinstance(named, list) or not all(isinstance(file, str) for file in named):
        message = f"plugin_files is no list of paths, found {named!r}"
        raise CheckpointError(Fault("C076", message, place=place, hint="restore the file"))
    files = [Path(file) for file in named]
    foreign = [file for file in files if not file.is_absolute() or _is_within(file, directory)]
    if foreign:
        message = f"the run would have '{foreign[0]}' executed, which comes with the directory"
        hint = "read it; if you trust it, copy it elsewhere, and that path into plugin_files"
        raise CheckpointError(Fault("C076", message, place=place, hint=hint))
    return files


def _is_within(file: Path, directory: Path) -> bool:
    return file.resolve().is_relative_to(directory.resolve())
