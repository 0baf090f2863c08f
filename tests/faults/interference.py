"""Carry runs out while others interfere: stop the process, turn its clock, start the same run too.

    python tests/faults/interference.py FOLDER NUM_STARTERS

A fork server of its own, as the kill campaign is. It writes one JSON document to stdout: for each
case the exit codes and the parts of the run that differ from those of an undisturbed one.
"""

import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import torch
from attempts import PLUGIN, SUPPORT, Attempt, Strike

from framework.application import check
from framework.runs import carry_out, training

sys.path.insert(0, str(SUPPORT))

from run_digest import differences, digest_of

SETTINGS = ("tiny.yaml", "figures=[]")
NUM_STOPS = 2
STOP_SECONDS = 0.25
STEP_SECONDS = 0.05


class Tomorrow(datetime):
    """A clock that is a year ahead, and another one each time that it is read."""

    years = 0
    step = 1

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        Tomorrow.years += Tomorrow.step
        return datetime.now(tz or UTC) + timedelta(days=365 * Tomorrow.years)


def turn_clock(step: int) -> None:
    """Let every clock of the day jump by a year each time that it is read, forwards or back."""
    real, Tomorrow.step = time.time, step
    carry_out.datetime = training.datetime = Tomorrow
    time.time = lambda: real() + Tomorrow.now().timestamp() - real()


def attempt_in(folder: Path, step: int = 0) -> Attempt:
    folder.mkdir(exist_ok=True)
    prepare = (lambda: turn_clock(step)) if step else (lambda: None)
    return Attempt(folder, SETTINGS, None, prepare)


def stopped(folder: Path) -> list[int]:
    """A process that is stopped for a while again and again."""
    attempt = attempt_in(folder)
    for _ in range(NUM_STOPS):
        if attempt.strike(Strike(signal.SIGSTOP, STEP_SECONDS, after_save=2)):
            time.sleep(STOP_SECONDS)
            attempt.strike(Strike(signal.SIGCONT, 0))
    return [attempt.wait()]


def with_turning_clock(folder: Path) -> list[int]:
    """A run that begins while the clock goes forwards by years, and goes on while it goes back."""
    attempt = attempt_in(folder, step=1)
    attempt.strike(Strike(signal.SIGTERM, 0, after_save=4))
    return [attempt.wait(), attempt_in(folder, step=-1).wait()]


def started_together(folder: Path, num_starters: int) -> list[int]:
    """Processes that start the same run at once."""
    starters = [attempt_in(folder) for _ in range(num_starters)]
    return [starter.wait() for starter in starters]


def document(folder: Path, num_starters: int) -> Mapping[str, Any]:
    """What came of each case."""
    torch.set_num_threads(1)
    check(SUPPORT / SETTINGS[0], plugins=[PLUGIN])  # imports whatever it needs
    quiet = folder / "undisturbed"
    code = attempt_in(quiet).wait()
    (reference,) = directories(quiet)
    cases = {
        "stopped": stopped,
        "with_turning_clock": with_turning_clock,
        "started_together": partial(started_together, num_starters=num_starters),
    }
    found = {}
    for name, case in cases.items():
        codes = case(folder / name)
        digests = [digest_of(directory) for directory in directories(folder / name)]
        different = [differences(digest_of(reference), digest) for digest in digests]
        found[name] = {"exit_codes": codes, "differences": different}
    return {"undisturbed": code, "cases": found}


def directories(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.glob("runs/tiny/*") if path.is_dir())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(Path(sys.argv[1]), int(sys.argv[2])), indent=2) + "\n")
