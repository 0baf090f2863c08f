"""From a run directory alone to a run that can be used: `load_run(path).encode(images)`."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from framework.contracts import DataInfo
from framework.discovery import discover
from framework.errors import CheckpointError, Fault
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.assembly import build_on
from framework.runs.directory import RunDirectory
from framework.runs.environment import choose_device
from framework.runs.failures import failures_explained
from framework.runs.identity import plugins_of
from framework.runs.loaded_runs import LoadedRun, own_randomness
from framework.runs.records import RunRecord, kept_directory, read_meta, read_run
from framework.runs.remembered_plugins import remembered_plugins
from framework.runs.weights import load_weights, read_weights


def load_run(
    path: str | Path,
    *,
    device: str = "auto",
    plugins: Sequence[str | Path] = (),
    warn: Callable[[str], None] = warnings.warn,
) -> LoadedRun:
    """Load a run from its directory alone; its data need not be there.

    Args:
        path: the run directory, or one that `framework export` has written.
        device: `auto`, `cpu`, `cuda` or `mps`.
        plugins: single-file plugins; those that the run was made with are remembered, and one of
            the same name given here takes their place.
        warn: takes warnings, such as that a plugin has changed since.

    Raises:
        CheckpointError: it is no run, has kept no weights yet, or is damaged.
        PluginError: a plugin that the run needs is missing or broken.
        RecipeError: its recipe can no longer be built.
        StorageError: there is no such device.
    """
    path, chosen = kept_directory(Path(path)), choose_device(device)
    record, meta = read_run(path), read_meta(path)
    given = [Path(plugin) for plugin in plugins]
    names = {file.name for file in given}
    remembered = [each for each in remembered_plugins(path, meta) if each.name not in names]
    files = [*given, *remembered]
    document = load_document(path / "resolved.yaml")
    recipe, data = read_recipe(document), _data_of(path, meta)
    plan, _ = make_plan(recipe, document, discover(files), known=data, is_begun=True)
    changed = [o for o, seen in plugins_of(plan).items() if seen != meta["plugins"].get(o)]
    if changed:
        warn(f"warning: plugins have changed since the run was made: {', '.join(changed)}")
    with own_randomness(chosen), failures_explained(plan):
        networks = build_on(plan, chosen)
    _take_kept_weights(path, record, networks)
    return LoadedRun(plan, record, networks, chosen)


def _data_of(path: Path, meta: Mapping[str, Any]) -> DataInfo | None:
    """What the run knows of its data; None in a run of a version that did not write it down."""
    if "data" not in meta:
        return None
    try:
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in meta["data"].items()
        }
        return DataInfo(**values)
    except (TypeError, AttributeError) as error:
        message = f"does not describe the run's data ({error})"
        fault = Fault("C058", message, place=str(path / "meta.json"))
        raise CheckpointError(fault) from error


def _take_kept_weights(path: Path, record: RunRecord, networks: Mapping[str, nn.Module]) -> None:
    file = path / "best.safetensors"
    if record.best is None or not file.is_file():
        message = f"the run has kept no weights; it is {record.status}"
        parts = sorted(child.parent.name for child in path.glob("*/best.safetensors"))
        hint = f"name one of its parts: {', '.join(parts)}" if parts else "let it finish first"
        raise CheckpointError(Fault("C067", message, place=str(path), hint=hint))
    RunDirectory(path).read_best()  # refuses what is not what was kept
    load_weights(networks, read_weights(file, networks), source=file)
    for network in networks.values():
        network.eval().requires_grad_(requires_grad=False)
