"""A tracker that writes down what it is told, and fails when it is asked to."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch

from framework import TrackedArtifact, TrackedRun, Tracker, hookimpl

FILE = "recorded.jsonl"


class Recording(Tracker):
    """Writes a line per call to a file in the run directory.

    Args:
        fails_at: the call, from 1 on, from which on calls fail; null never fails.
        how: what a failure is.
        every_num_iterations: see `Tracker`.
        gradient_norm: see `Tracker`.
    """

    images_every_num_epochs = 2

    def __init__(
        self,
        *,
        fails_at: int | None = None,
        how: Literal["raise", "exit", "hang", "once"] = "raise",
        every_num_iterations: int | None = 3,
        gradient_norm: bool = True,
    ) -> None:
        self._fails_at, self._how = fails_at, how
        self.every_num_iterations = every_num_iterations
        self.wants_gradient_norm = gradient_norm
        self._num_calls = 0
        self._file = Path()

    def start(self, run: TrackedRun) -> str:
        """Begin."""
        self._file = run.directory / FILE
        told = {name: getattr(run, name) for name in ("recipe", "name", "group", "kind")}
        more = {"config": dict(run.config), "facts": dict(run.facts), "attempt": run.attempt}
        self._note("start", told | more | {"iteration": run.iteration})
        return "in recorded.jsonl"

    def log(self, values: Mapping[str, float], *, iteration: int, epoch: int) -> None:
        """Write a row down."""
        self._note("log", {"values": dict(values), "iteration": iteration, "epoch": epoch})

    def image(self, name: str, image: Any, *, iteration: int, epoch: int) -> None:
        """Write down what picture it is."""
        told = {"name": name, "shape": image.shape, "type": str(image.dtype)}
        told |= {"extremes": [int(image.min()), int(image.max())]}
        self._note("image", told | {"iteration": iteration, "epoch": epoch})

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Write the table down."""
        self._note("table", {"name": name, "columns": columns, "rows": rows})

    def artifact(self, artifact: TrackedArtifact) -> None:
        """Write down what it holds."""
        files = [file.name for file in artifact.files]
        told = {"name": artifact.name, "kind": artifact.kind, "files": files}
        told |= {"aliases": artifact.aliases, "facts": artifact.facts}
        self._note("artifact", told | {"is_input": artifact.is_input})

    def finish(self, summary: Mapping[str, Any], *, status: str) -> None:
        """Write the summary down."""
        self._note("finish", {"summary": dict(summary), "status": status})

    def sync(self, directory: Path) -> str:
        """Say how much there is, or fail as it was asked to."""
        self._note("sync", {})
        return f"{len((directory / FILE).read_text().splitlines())} calls"

    def _note(self, call: str, told: Mapping[str, Any]) -> None:
        self._num_calls += 1
        torch.manual_seed(self._num_calls)  # as rude as can be
        if self._fails_at is not None and self._num_calls >= self._fails_at:
            self._fail()
        if self._file != Path():
            with self._file.open("a") as file:
                file.write(json.dumps({"call": call} | dict(told)) + "\n")

    def _fail(self) -> None:
        if self._how == "hang":
            time.sleep(3600)
        if self._how == "exit":
            raise SystemExit(99)
        if self._how == "raise" or self._num_calls == self._fails_at:
            raise ConnectionResetError(f"call {self._num_calls}")


@hookimpl
def provide_trackers() -> dict[str, type[Tracker]]:
    """The tracker."""
    return {"recording": Recording}
