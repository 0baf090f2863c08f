"""Write one row per epoch to `metrics.jsonl`."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ignite.engine import Engine

from framework.contracts import Handler, Run
from framework.events import FitEvents
from framework.storage import append_line


class MetricsLog(Handler):
    """Appends the epoch's metrics, each row at the byte that the checkpoint knows.

    Rows hold no times, so that the log of a run that was interrupted equals that of one that was
    not, byte for byte. Values that are not finite become null, as JSON has no others.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size_bytes = 0

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Write at SAVING; attached before the checkpoint, which stores how far the log reaches."""
        trainer.add_event_handler(FitEvents.SAVING, self._write, trainer, run)

    def _write(self, trainer: Engine, run: Run) -> None:
        values = {k: v if math.isfinite(v) else None for k, v in run.metrics.items()}
        row = {"epoch": run.epoch, "iteration": trainer.state.iteration} | values
        self._size_bytes = append_line(self._path, json.dumps(row), at_bytes=self._size_bytes)

    def state_dict(self) -> dict[str, Any]:
        """Length of the log."""
        return {"size_bytes": self._size_bytes}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._size_bytes = state["size_bytes"]
