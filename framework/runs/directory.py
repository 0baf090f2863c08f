"""The run directory: everything that outlives a fit, written so that a kill can hurt none of it."""

import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from framework.errors import CheckpointError, Fault, StorageError
from framework.handlers.best_weights import BestWeights, Weights
from framework.runs.checkpoint_files import checkpoint_to_bytes, read_checkpoint
from framework.runs.inheritance import INITIAL
from framework.runs.records import BestEntry, CheckpointEntry, RunState, read_meta, read_state
from framework.runs.weights import load_weights, read_weights, weights_to_bytes
from framework.storage import (
    TEMPORARY_PREFIX,
    cut_back,
    exclusive_lock,
    json_bytes,
    make_draft,
    make_folder,
    remove_temporary_files,
    sha256_of,
    storage_faults,
    sync_folder,
    write_durably,
    write_json,
)

_FOLDERS = ("checkpoints", "snapshots", "figures")
_FOLDERS_AROUND_PARTS = ("figures",)
_NUM_TRIES = 5


class RunDirectory:
    """One run's folder, whose `state.json` says which of its files count.

    A save writes the checkpoint, then the best weights, then `state.json`, and only then deletes
    what is no longer needed; so at any moment the state names files that are complete.

    Attributes:
        path: the folder.
        state: what `state.json` says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = read_state(path)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        texts: Mapping[str, str],
        meta: Mapping[str, Any],
        has_parts: bool = False,
        files: Mapping[str, bytes] | None = None,
        note: str = "",
    ) -> "RunDirectory":
        """Make a run directory that appears complete or not at all.

        Args:
            path: its final name.
            texts: files to write into it, such as `recipe.yaml`.
            meta: the contents of `meta.json`.
            has_parts: whether training goes on in directories within this one.
            files: further files.
            note: how the run's metrics are to be read.
        """
        make_folder(path.parent)
        draft = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-{secrets.token_hex(4)}")
        contents = {name: text.encode() for name, text in texts.items()} | dict(files or {})
        contents |= {} if has_parts else {"metrics.jsonl": b""}
        contents["meta.json"] = json_bytes(meta)
        contents["state.json"] = json_bytes(RunState(note=note).as_json())
        make_draft(draft, contents, _FOLDERS_AROUND_PARTS if has_parts else _FOLDERS)
        with storage_faults(path):
            draft.rename(path)
            sync_folder(path.parent)
        return cls(path)

    def lock(self) -> AbstractContextManager[None]:
        """Hold this directory against other processes; refuse at once where one holds it."""
        return exclusive_lock(self.path / "run.lock")

    def begin_attempt(self, *, has_parts: bool = False) -> None:
        """Take the run up: clear what killed writers left, count the attempt."""
        names = _FOLDERS_AROUND_PARTS if has_parts else _FOLDERS
        clear_drafts(self.path)
        for folder in (self.path, *(self.path / name for name in names)):
            remove_temporary_files(make_folder(folder))
        self.update(status="running", reason="", attempt=self.state.attempt + 1)

    def update(self, **changes: Any) -> None:
        """Replace `state.json`; what the changes do not name stays."""
        state = replace(self.state, **changes)
        write_json(self.path / "state.json", state.as_json())
        self.state = state

    def save(
        self, fit_state: Mapping[str, Any], best: BestWeights | None, *, seconds: float
    ) -> None:
        """Write a checkpoint and the best weights, then let the state point to them."""
        file = f"checkpoints/{self._next_number():06d}.pt"
        digest = self._write_within(file, checkpoint_to_bytes(fit_state))
        entry = CheckpointEntry(file, digest, fit_state["epoch"], fit_state["iteration"])
        changes: dict[str, Any] = {"checkpoint": entry, "previous": self.state.checkpoint}
        if best is not None and best.value is not None:
            changes["best"] = self._store_best(best)
        self.update(**changes, seconds=seconds)
        self._delete_old_checkpoints()

    def load(self, warn: Callable[[str], None]) -> dict[str, Any] | None:
        """Read the newest checkpoint that is intact; None where nothing was saved yet.

        Nothing is written. A damaged checkpoint is forgotten with the next update, so that it never
        counts as the one to fall back to.

        Raises:
            CheckpointError: checkpoints were written, and none of them is intact.
        """
        self.state = read_state(self.path)
        entries = [e for e in (self.state.checkpoint, self.state.previous) if e is not None]
        problems = []
        for entry in entries:
            try:
                fit_state = self._read(entry)
            except CheckpointError as error:
                problems.append(error.faults[0])
                continue
            for problem in problems:
                warn(f"{problem.place}: {problem.message}; going on from epoch {entry.epoch}")
                self.state = replace(self.state, checkpoint=entry, previous=None)
            return fit_state
        if problems:
            raise CheckpointError(problems)
        return None

    def load_initial(self, networks: Mapping[str, nn.Module]) -> None:
        """Give networks that come from elsewhere the weights that they begin with.

        Raises:
            CheckpointError: the file is missing or damaged, or holds other networks.
        """
        meta, path = read_meta(self.path), self.path / INITIAL
        if not meta.get("needs"):
            return
        _read_intact(path, meta["initial_sha256"])
        receiving = {name: networks[name] for name in meta["needs"]}
        load_weights(receiving, read_weights(path, receiving), source=path)

    def restore(self, fit_state: Mapping[str, Any]) -> None:
        """Bring the files beside the checkpoint back to the moment that it was taken."""
        handlers = fit_state["handlers"]
        cut_back(self.path / "metrics.jsonl", to_bytes=handlers["metrics_log"]["size_bytes"])
        best = handlers.get("best_weights")
        if best is not None and best["value"] is not None:
            data = weights_to_bytes(best["weights"])
            path = self.path / "best.safetensors"
            if not path.is_file() or sha256_of(path.read_bytes()) != sha256_of(data):
                write_durably(path, data)

    def store_snapshot(self, epoch: int, weights: Weights) -> None:
        """Keep the weights of an epoch for figures."""
        self._write_within(f"snapshots/{_snapshot_name(epoch)}", weights_to_bytes(weights))

    def snapshot_path(self, epoch: int) -> Path:
        """Where the weights of an epoch are kept, if they are."""
        return self.path / "snapshots" / _snapshot_name(epoch)

    def store_best_of_level(self, level: int, weights: Weights) -> None:
        """Keep the best weights of a level of sparsity that is over."""
        write_durably(self.path / f"best-level-{level}.safetensors", weights_to_bytes(weights))

    def keep_last(self, weights: Weights, *, epoch: int) -> None:
        """Keep the last weights, for a run that monitored nothing."""
        digest = write_durably(self.path / "best.safetensors", weights_to_bytes(weights))
        self.update(best=BestEntry(digest, epoch))

    def adopt(self, part: "RunDirectory") -> None:
        """Keep what a part of this run has kept."""
        best = read_state(part.path).best
        if best is not None:
            write_durably(self.path / "best.safetensors", part.read_best())
            self.update(best=best)

    def read_best(self) -> bytes:
        """The bytes of the weights kept.

        Raises:
            CheckpointError: they cannot be read, or are not those that were kept.
        """
        best = self.state.best
        return _read_intact(self.path / "best.safetensors", None if best is None else best.sha256)

    def _store_best(self, best: BestWeights) -> BestEntry:
        known, monitor, path = self.state.best, best.monitor, self.path / "best.safetensors"
        is_known = known is not None and (known.epoch, known.value) == (best.epoch, best.value)
        # the file may be gone, or be an older best after a fall back to the previous checkpoint
        if known and is_known and path.is_file() and sha256_of(path.read_bytes()) == known.sha256:
            return known
        digest = write_durably(path, weights_to_bytes(best.weights))
        return BestEntry(digest, best.epoch, monitor.metric, monitor.mode, best.value)

    def _read(self, entry: CheckpointEntry) -> dict[str, Any]:
        path = self.path / entry.file
        return read_checkpoint(_read_intact(path, entry.sha256), path)

    def _write_within(self, file: str, data: bytes) -> str:
        """Write a file into a folder of this one, which others may clear or delete at any moment.

        What is deleted along with all the rest is not made again.
        """
        path, num_tries = self.path / file, 0
        while True:
            with storage_faults(path):
                if not path.parent.is_dir():
                    path.parent.mkdir(exist_ok=True)
            try:
                return write_durably(path, data)
            except StorageError as error:
                num_tries += 1
                if num_tries == _NUM_TRIES or not isinstance(error.__cause__, FileNotFoundError):
                    raise

    def _next_number(self) -> int:
        entry = self.state.checkpoint
        return 1 if entry is None else int(Path(entry.file).stem) + 1

    def _delete_old_checkpoints(self) -> None:
        entries = (self.state.checkpoint, self.state.previous)
        kept = {Path(entry.file).name for entry in entries if entry is not None}
        with storage_faults(self.path), suppress(FileNotFoundError):  # the whole folder is deleted
            for path in (self.path / "checkpoints").iterdir():
                if path.name not in kept:
                    path.unlink(missing_ok=True)


def _read_intact(path: Path, sha256: str | None) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise CheckpointError(Fault("C066", "is not a regular file", place=str(path)))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(Fault("C066", f"cannot be read: {error}", place=str(path))) from error
    if sha256 is not None and sha256_of(data) != sha256:
        message = f"is damaged: its SHA-256 is not {sha256[:12]}…"
        raise CheckpointError(Fault("C058", message, place=str(path)))
    return data


def _snapshot_name(epoch: int) -> str:
    return f"epoch-{epoch:04d}.safetensors"


def clear_drafts(folder: Path) -> None:
    """Delete run directories that a killed process did not get to finish creating."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)
