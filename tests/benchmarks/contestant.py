"""One side of `frameworks.py` in a process of its own, which waits before each epoch.

    python tests/benchmarks/contestant.py NAME IMAGES BEGINNING DATA FOLDER NUM_EPOCHS

Before each epoch it writes a line to stdout, how much memory it has held at most, and waits for a
line on stdin; after its first step it writes when that was over. Whatever else it prints goes to
stderr.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import torch
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

STATUS = Path("/proc/self/status")
MEBIBYTE = 2**20
OURS = "ours"
PICTURES, TENSORS = "pictures", "tensors"


class Gate:
    """Lets one epoch after the other begin.

    Args:
        answers: where lines are written to.
        questions: where a line per epoch is read from.
    """

    def __init__(self, answers: TextIO, questions: TextIO) -> None:
        self._answers, self._questions = answers, questions
        self._hook = register_optimizer_step_post_hook(self._step_made)

    def pass_through(self) -> None:
        """Wait until the next epoch may begin."""
        self._tell(peak_mebibytes=peak_mebibytes())
        self._questions.readline()

    def _step_made(self, optimizer: Optimizer, *given: object) -> None:  # noqa: ARG002
        self._hook.remove()
        self._tell(stepped_at=time.monotonic())

    def _tell(self, **facts: float) -> None:
        self._answers.write(json.dumps(facts) + "\n")
        self._answers.flush()


def peak_mebibytes() -> float:
    """The most memory that this process has held (Linux; what it began as is left out)."""
    lines = STATUS.read_text(encoding="utf-8").splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) * 1024 / MEBIBYTE


def main() -> None:
    """Train, an epoch at a time."""
    name, images, beginning, data, folder, num_epochs = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    gate = Gate(answers, sys.stdin)
    given: dict[str, Any] = {"num_epochs": int(num_epochs), "on_epoch": gate.pass_through}
    rival = importlib.import_module(f"rivals.{name}")
    if name == OURS:
        rival.train(Path(folder), **given)
        return
    start = importlib.import_module("rivals.basic_network")
    torch.manual_seed(0)
    is_on_tensors = images == TENSORS
    begun = start.read_beginning(Path(beginning), Path(data), is_on_tensors=is_on_tensors)
    rival.train(begun, Path(folder), **given)


if __name__ == "__main__":
    main()
