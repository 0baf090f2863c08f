"""Make a run go wrong at one call that changes files, let it go on, and compare every bit.

    python tests/faults/crash_points.py FOLDER [--num-points 40] [--seed 7] [--recipe tiny.yaml]
        [--kinds before after torn ENOSPC ...] [--mutant NAME]

A warm fork server like kill_campaign.py. One JSON document goes to stdout: the number of calls of
an undisturbed run, what its order leaves to chance, and every point at which the run did not end
with the same bits or did not say what had happened.
"""

import argparse
import json
import random
import secrets
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from attempts import PLUGIN, SUPPORT, Attempt
from disk_calls import FAILURES, DiskCalls, Disturbance, order_faults
from sabotage import SABOTAGE
from sklearn import model_selection  # noqa: F401  imported once for all attempts that deal folds

from framework.application import check
from framework.errors import CheckpointError, StorageError

sys.path.insert(0, str(SUPPORT))

from run_digest import differences, digest_of

KINDS = ("before", "after", "torn", "short", *FAILURES)
WRITES = ("write",)
THREE_SAVES = ("training.num_epochs=3", "checkpointing.every_num_iterations=null")


class Points:
    """The calls of one recipe's run, and what comes of disturbing any of them.

    Args:
        folder: where to work.
        settings: a recipe of the folder `support`, and changes to it.
        mutant: a bug put back into every attempt.
    """

    def __init__(self, folder: Path, settings: Sequence[str], mutant: str | None) -> None:
        self._folder, self._settings, self._mutant = folder, settings, mutant
        folder.mkdir(parents=True)
        reference = folder / "reference"
        code, self.calls = self._attempt(reference, None)
        if code != 0:
            raise RuntimeError(f"undisturbed, the run exits with {code}: {texts_of(reference)}")
        self._digest = digest_of(self._run_of(reference))

    def failures(self, disturbance: Disturbance) -> list[str]:
        """What is wrong after a disturbance, and after the attempt that goes on."""
        place = self._folder / f"{disturbance.number:04d}-{disturbance.kind}"
        code, _ = self._attempt(place, disturbance)
        found = self._wrong_at_once(place, disturbance, code)
        code, _ = self._attempt(place, None)
        if code != 0:
            return [*found, f"exit {code} of the attempt that goes on: {texts_of(place)}"]
        try:
            found += differences(self._digest, digest_of(self._run_of(place)))
        except (OSError, ValueError, CheckpointError) as error:
            found.append(repr(error))
        found += [f"left over: {path}" for path in place.rglob(".tmp-*")]
        if not (self._run_of(place) / "report.html").is_file():
            found.append("no report")
        if any("going on from epoch" in log.read_text() for log in place.rglob("log.txt")):
            found.append("a checkpoint was not intact")
        if not found:
            shutil.rmtree(place)
        return found

    def _wrong_at_once(self, place: Path, disturbance: Disturbance, code: int) -> list[str]:
        text = texts_of(place)
        if "Traceback" in text:
            return [text]
        if disturbance.kind in FAILURES:
            # what only clears up may fail unnoticed
            return [] if code in {0, StorageError.exit_code} else [f"exit {code}: {text}"]
        expected = 0 if disturbance.kind == "short" else -signal.SIGKILL
        return [] if code == expected else [f"exit {code}, expected {expected}: {text}"]

    def _attempt(self, place: Path, disturbance: Disturbance | None) -> tuple[int, list[str]]:
        place.mkdir(parents=True, exist_ok=True)
        runs, record = place / "runs", self._folder / f"{place.name}.calls"
        record.unlink(missing_ok=True)
        attempt = Attempt(
            place,
            self._settings,
            self._mutant,
            lambda: DiskCalls(runs, record, disturbance).install(),
        )
        code = attempt.wait()
        return code, record.read_text().splitlines()

    def _run_of(self, place: Path) -> Path:
        (run,) = (path.parent for path in (place / "runs").glob("*/[!.]*/state.json"))
        return run


def texts_of(place: Path) -> str:
    return "\n".join(path.read_text()[-1500:] for path in sorted(place.glob("attempt-*.txt")))


def drawn(calls: Sequence[str], kinds: Sequence[str], num_points: int, seed: int) -> Any:
    """Disturbances at random, none twice; all there are where no more are asked for."""
    names = [line.split("\t")[0] for line in calls]
    possible = [
        Disturbance(number, kind)
        for number, name in enumerate(names, 1)
        for kind in kinds
        if name in WRITES or kind not in {"torn", "short"}
    ]
    random.Random(seed).shuffle(possible)  # noqa: S311  nothing secret
    return possible[:num_points]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--num-points", type=int, default=40)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--recipe", default="tiny.yaml")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--mutant", choices=SABOTAGE)
    request = parser.parse_args()
    torch.set_num_threads(1)
    check(SUPPORT / request.recipe, plugins=[PLUGIN])  # imports whatever it needs
    points = Points(request.folder / "points", (request.recipe, *THREE_SAVES), request.mutant)
    chosen = drawn(points.calls, request.kinds, request.num_points, request.seed)
    failures = {}
    for each in chosen:
        if found := points.failures(each):
            failures[f"{each.kind} call {each.number}: {points.calls[each.number - 1]}"] = found
            if request.mutant:
                break
    document = {
        "seed": request.seed,
        "num_calls": len(points.calls),
        "num_points": len(chosen),
        "order": order_faults(points.calls),
        "failures": failures,
    }
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
