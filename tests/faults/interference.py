"""Carry runs out while others interfere: stop the process, turn its clock, start the same run too,
delete its checkpoints.

    python tests/faults/interference.py FOLDER NUM_STARTERS NUM_STARTS NUM_DELETIONS

A fork server of its own, as the kill campaign is. It writes one JSON document to stdout: for each
case the exit codes and the parts of the run that differ from those of an undisturbed one.
"""

import json
import random
import shutil
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
LAST_SAVE_AT_RISK = 16  # of some twenty: those after it make again what is gone
SECONDS_OF_A_SAVE = 0.02


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
    folder.mkdir(parents=True, exist_ok=True)
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


def started_together(folder: Path, num_starters: int, num_starts: int) -> list[list[int]]:
    """Processes that start the same run at once, and others another one, so many times."""
    codes = []
    for number in range(num_starts):
        starters = [attempt_in(folder / f"start-{number}") for _ in range(num_starters)]
        codes.append(sorted(starter.wait() for starter in starters))
    return codes


def delete(folder: Path, what: str) -> None:
    """Delete checkpoints of the one run in a folder: the newest, the one before, both, or all."""
    for directory in directories(folder):
        if what == "folder":
            shutil.rmtree(directory / "checkpoints", ignore_errors=True)
            continue
        files = sorted((directory / "checkpoints").glob("*.pt"))
        chosen = {"newest": files[-1:], "previous": files[:-1], "both": files}[what]
        for file in chosen:
            file.unlink(missing_ok=True)


def with_deletions(folder: Path, num_deletions: int) -> list[list[int]]:
    """Runs whose checkpoints are deleted at random times, and continued if any is left."""
    codes = []
    for number in range(num_deletions):
        for what in ("newest", "previous", "both", "folder"):
            draw = random.Random(f"{number} {what}")  # noqa: S311  nothing secret
            inner = folder / f"{what}-{number}"
            attempt = attempt_in(inner)
            for save in sorted(draw.sample(range(1, LAST_SAVE_AT_RISK), 4)):
                if attempt.strike(Strike(0, draw.uniform(0, SECONDS_OF_A_SAVE), after_save=save)):
                    delete(inner, what)
            attempt.strike(Strike(signal.SIGTERM, 0, after_save=LAST_SAVE_AT_RISK + 4))
            codes.append([attempt.wait(), attempt_in(inner).wait()])
    return codes


def without_checkpoints(folder: Path) -> list[list[int]]:
    """Runs that were stopped and whose checkpoints were deleted before they are continued."""
    codes = []
    for what in ("newest", "previous", "both", "folder"):
        inner = folder / what
        attempt = attempt_in(inner)
        attempt.strike(Strike(signal.SIGTERM, 0, after_save=4))
        stopped_with = attempt.wait()
        delete(inner, what)
        codes.append([stopped_with, attempt_in(inner).wait()])
    return codes


def document(
    folder: Path, num_starters: int, num_starts: int, num_deletions: int
) -> Mapping[str, Any]:
    """What came of each case."""
    torch.set_num_threads(1)
    check(SUPPORT / SETTINGS[0], plugins=[PLUGIN])  # imports whatever it needs
    quiet = folder / "undisturbed"
    code = attempt_in(quiet).wait()
    (reference,) = directories(quiet)
    cases = {
        "stopped": stopped,
        "with_turning_clock": with_turning_clock,
        "started_together": partial(
            started_together, num_starters=num_starters, num_starts=num_starts
        ),
        "with_deletions": partial(with_deletions, num_deletions=num_deletions),
        "without_checkpoints": without_checkpoints,
    }
    found = {}
    for name, case in cases.items():
        codes = case(folder / name)
        kept = [each for each in directories(folder / name) if any(each.glob("checkpoints/*"))]
        digests = [digest_of(directory) for directory in kept]
        different = [differences(digest_of(reference), digest) for digest in digests]
        found[name] = {"exit_codes": codes, "differences": different}
    return {"undisturbed": code, "cases": found}


def directories(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.glob("**/runs/tiny/*") if path.is_dir())


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[2:]]
    sys.stdout.write(json.dumps(document(Path(sys.argv[1]), *numbers), indent=2) + "\n")
