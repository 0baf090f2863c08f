"""A run to give away: weights, programs, and a card that says what they are."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from framework.errors import Fault, PluginError, StorageError
from framework.exchange.model_card import Exported, card_text
from framework.exchange.programs import (
    EXPORTABLE,
    export_program,
    largest_difference,
    program_bytes,
    read_program,
)
from framework.runs.directory import RunDirectory
from framework.runs.loaded_runs import LoadedRun
from framework.runs.records import read_meta
from framework.storage import (
    TEMPORARY_PREFIX,
    make_folder,
    storage_faults,
    sync_folder,
    write_durably,
    write_json,
)

Format = Literal["safetensors", "torch", "onnx"]

_SUFFIXES: dict[Format, str] = {"torch": ".pt2", "onnx": ".onnx"}
_ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_TOLERANCE = 1e-3
"""A program that is further from the original than this is no export of it."""

_SHARED_META = (
    "format",
    "name",
    "identity",
    "recipe_sha256",
    "data",
    "data_fingerprint",
    "plugins",
    "seed",
    "num_epochs",
    "num_parameters",
    "started",
    "versions",
)
"""What `meta.json` says that is nobody's private matter: no paths, no host, no command."""


@dataclass(frozen=True)
class Export:
    """What has been written.

    Attributes:
        folder: where it lies.
        files: its files.
        programs: each program's operation, format and largest difference to the original.
    """

    folder: Path
    files: tuple[Path, ...]
    programs: tuple[Exported, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        files = [str(file) for file in self.files]
        programs = [asdict(each) for each in self.programs]
        return {"folder": str(self.folder), "files": files, "programs": programs}


def export_run(
    run: LoadedRun,
    folder: str | Path,
    *,
    formats: Sequence[Format] = ("safetensors",),
    operations: Sequence[str] = (),
) -> Export:
    """Write what a run has learnt into a folder of its own, with a model card.

    Args:
        run: the run, loaded with `device="cpu"`.
        folder: where to write; must not be there yet, or be empty.
        formats: `safetensors`: the weights under plain keys, in a folder that `load_run` reads;
            `torch` and `onnx`: a program for each operation, checked against the original.
        operations: the operations to make programs of; by default all that take one tensor.

    Raises:
        ValueError: the run is not on the CPU.
        StorageError: something is in the folder already, or packages for ONNX are missing.
        PluginError: an operation cannot be exported, or the program answers something else.
    """
    if run.device.type != "cpu":
        raise ValueError(f"a run is exported from the CPU, found it on {run.device}")
    folder, path = Path(folder), run.record.directory
    require_possible(folder, formats)
    chosen = [name for name in exportable(run) if name in operations or not operations]
    kinds: list[Format] = [each for each in formats if each != "safetensors"]
    programs = list(_programs(run, chosen, kinds))
    done = tuple(exported for exported, _ in programs)
    has_weights = "safetensors" in formats
    with _appearing_at_once(folder) as draft:
        write_durably(draft / "resolved.yaml", (path / "resolved.yaml").read_bytes())
        if has_weights:
            _write_weights(path, draft)
        for exported, data in programs:
            write_durably(draft / exported.file, data)
        text = card_text(run, read_meta(path), done, has_weights=has_weights)
        write_durably(draft / "README.md", text.encode())
    return Export(folder, tuple(sorted(folder.iterdir())), done)


def require_possible(folder: Path, formats: Sequence[Format]) -> None:
    """Refuse what cannot be exported on this machine, whatever the run.

    Raises:
        StorageError: something is in the folder already, or packages for ONNX are missing.
    """
    missing = [name for name in _ONNX_PACKAGES if "onnx" in formats and find_spec(name) is None]
    if missing:
        message = f"packages for ONNX are missing: {', '.join(missing)}"
        hint = "pip install 'ignite-framework[onnx]'"
        raise StorageError(Fault("E002", message, key="--format", hint=hint))
    with storage_faults(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            message, hint = "something is there already", "choose another name"
            raise StorageError(Fault("S053", message, place=str(folder), hint=hint))


def exportable(run: LoadedRun) -> list[str]:
    """The operations of a run that can be programs: those that take one tensor."""
    return [name for name, each in run.operations.items() if each.takes in EXPORTABLE]


def _write_weights(path: Path, draft: Path) -> None:
    """Write the weights to the byte, and what is needed to load them as the run that they are.

    The state names a checkpoint that is not there: this run is not to be continued elsewhere.
    """
    meta, store = read_meta(path), RunDirectory(path)
    write_durably(draft / "best.safetensors", store.read_best())
    write_durably(draft / "state.json", (path / "state.json").read_bytes())
    shared = {name: meta[name] for name in _SHARED_META if name in meta}
    write_json(draft / "meta.json", shared | {"plugin_files": []})


def _programs(
    run: LoadedRun, names: Sequence[str], formats: Sequence[Format]
) -> Iterator[tuple[Exported, bytes]]:
    faults: list[Fault] = []
    for name in names:
        for kind in formats:
            try:
                yield _program(run, name, kind)
            except PluginError as error:
                faults += error.faults
    if faults:
        raise PluginError(faults)


def _program(run: LoadedRun, name: str, kind: Format) -> tuple[Exported, bytes]:
    make, read = _ways(kind)
    try:
        data = make(run, name)
        difference = largest_difference(run, name, read(data))
    except Exception as error:  # whatever torch raises of a network that it cannot follow
        reason = str(error).strip().partition("\n")[0]
        message = f"'{name}' cannot be exported to {kind} ({type(error).__name__}: {reason})"
        hint = "export other operations with --operation"
        raise PluginError(Fault("P014", message, key=name, hint=hint)) from error
    if not difference <= _TOLERANCE:
        message = f"'{name}' as {kind} is {difference:.2g} away from the original"
        hint = "does it draw noise, or do something else for each size of a batch?"
        raise PluginError(Fault("P014", message, key=name, hint=hint))
    return Exported(f"{name}{_SUFFIXES[kind]}", name, kind, difference), data


def _ways(
    kind: Format,
) -> tuple[Callable[[LoadedRun, str], bytes], Callable[[bytes], Callable[[Tensor], Any]]]:
    """How a program is made of an operation, and how it is read."""
    if kind == "torch":
        return lambda run, name: program_bytes(export_program(run, name)), read_program
    from framework.exchange.onnx_programs import onnx_bytes, read_onnx

    return onnx_bytes, read_onnx


@contextmanager
def _appearing_at_once(folder: Path) -> Iterator[Path]:
    """A folder to write in, which takes its name when everything is in it."""
    make_folder(folder.absolute().parent)
    draft = folder.with_name(f"{TEMPORARY_PREFIX}{folder.name}-{secrets.token_hex(4)}")
    make_folder(draft)
    try:
        yield draft
        with storage_faults(folder):
            draft.rename(folder)  # in the place of an empty one
            sync_folder(folder.absolute().parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
