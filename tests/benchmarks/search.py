"""Searches: what a trial costs beside training, a check of a draw, two workers, and pruning.

Overhead is everything from the end of a trial to the end of the next but its epochs, which train,
validate and save as those of any run do. A check of a draw plans a trial of `mnist/search`, whose
networks are built and passed a batch. Workers, each a process, are told by trials per hour while
all of them are at work. Pruned and not, the best objective found in the same time.

All searches train on a few of MNIST's images.

Run it on a quiet machine: `make bench`.
"""

import os
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import torch
from fits import plan_of, training_images
from turns import Round, options, orders, seconds, show, spread, tell

from framework.application import run
from framework.contracts import ImageSet
from framework.recipe.drawing import drawing_of
from framework.recipe.probes import random_of
from framework.runs.search.feasibility import InfeasibleDraw, planned_trial
from framework.runs.search.findings import read_findings
from framework.runs.search.found_trials import FoundTrial
from framework.search_spaces import Choose

OVERHEAD_TARGET, CHECK_TARGET = 0.050, 0.010
ONE_THREAD_TARGET, TWO_THREADS_TARGET, OBJECTIVE_TARGET = 1.5, 1.0, 1.0
WORKERS = {
    "two workers": {"num_workers": 2, "num_threads": 1},
    "one thread": {"num_workers": 1, "num_threads": 1},
    "two threads": {"num_workers": 1, "num_threads": 2},
}
RECIPE = """\
extends: mnist/basic
name: benchmark
dataset: {{type: mnist, root: "{root}", download: false}}
training: {{num_threads: 1}}
figures: []
search:
  num_trials: 1
  space:
    optimizer.lr: {{low: 1.0e-5, high: 1.0e-1, log: true}}
    optimizer.weight_decay: {{low: 1.0e-7, high: 1.0e-1, log: true}}
"""


class Searches:
    """Carries searches out on a few images, in a folder that is thrown away.

    Args:
        folder: where to keep data and runs.
        images: some of MNIST's images.
    """

    def __init__(self, folder: Path, images: ImageSet) -> None:
        self._folder, self._images = folder, images
        self._count = 0

    def trials(self, num_trials: int, *overrides: str, num_images: int) -> list[FoundTrial]:
        """The trials of a new search, in the order in which they ended."""
        self._count += 1
        root = _subset(self._folder / "data" / str(num_images), self._images, num_images)
        recipe = self._folder / f"search-{self._count}.yaml"
        recipe.write_text(RECIPE.format(root=root), encoding="utf-8")
        record = run(
            recipe,
            overrides=[f"search.num_trials={num_trials}", *overrides],
            runs_directory=self._folder / f"runs-{self._count}",
            device="cpu",
            announce=lambda line: print("  ", line, file=sys.stderr),
        )
        trials = read_findings(record.directory).trials
        return sorted(trials, key=lambda trial: trial.ended)


def overheads(trials: Sequence[FoundTrial]) -> list[float]:
    """Seconds of each trial but the first that were not spent on its epochs."""
    gaps = [(after.ended - before.ended).total_seconds() for before, after in pairwise(trials)]
    return [gap - trial.minutes * 60 for gap, trial in zip(gaps, trials[1:], strict=True)]


def seconds_of_checks(num_draws: int) -> dict[str, list[float]]:
    """Seconds of the checks of draws from the published space, those that can exist and others."""
    plan = plan_of("mnist/search")
    drawing = drawing_of(plan, plan.recipe.search)
    random = Random(0)  # noqa: S311  which draws are checked is no secret
    found = {"feasible": [], "infeasible": []}
    for _ in range(num_draws + 1):
        draw = drawing.draw(Choose(lambda dimension: random_of(dimension, random)))
        started = time.perf_counter()
        try:
            planned_trial(plan, draw)
            verdict = "feasible"
        except InfeasibleDraw:
            verdict = "infeasible"
        found[verdict].append(time.perf_counter() - started)
    return {name: values[1 if name == "feasible" else 0 :] for name, values in found.items()}


def seconds_of_syncs(folder: Path) -> list[float]:
    """How long this disk takes to keep a small file, which a trial asks of it some twenty times."""
    found = []
    for number in range(50):
        with (folder / f"synced-{number}").open("wb") as file:
            file.write(b"x" * 1000)
            file.flush()
            found.append(seconds(lambda file=file: os.fsync(file.fileno())))
    return found


def seconds_per_trial(searches: Searches, name: str, num_trials: int, num_images: int) -> float:
    """Seconds between the ends of two trials, while all workers are at work and warm."""
    given = WORKERS[name]
    trials = searches.trials(
        num_trials,
        "training.num_epochs=2",
        f"training.num_threads={given['num_threads']}",
        f"executor={{type: processes, num_workers: {given['num_workers']}}}",
        num_images=num_images,
    )
    all_warm, all_busy = given["num_workers"] - 1, len(trials) - given["num_workers"]
    window = trials[all_busy].ended - trials[all_warm].ended
    return window.total_seconds() / (all_busy - all_warm)


def best_in(trials: Sequence[FoundTrial], limit_seconds: float) -> float:
    """The best objective of a search after some time."""
    begun = min(trial.started for trial in trials)
    in_time = [t for t in trials if (t.ended - begun).total_seconds() <= limit_seconds]
    return min(trial.values[0] for trial in in_time if trial.ending == "complete")


def pruned_and_not(searches: Searches, seed: int, *, num_trials: int, num_images: int) -> Round:
    """The best objectives that a search finds in the time of a pruned one, with and without."""
    given = ("training.num_epochs=5", f"seed={seed}")
    pruned = searches.trials(num_trials, "search.pruner=median", *given, num_images=num_images)
    limit = (pruned[-1].ended - min(trial.started for trial in pruned)).total_seconds()
    complete = [trial.minutes * 60 for trial in pruned if trial.ending == "complete"]
    num_unpruned = min(num_trials, int(limit / statistics.median(complete)) + 2)
    unpruned = searches.trials(num_unpruned, *given, num_images=num_images)
    found = {"pruned": best_in(pruned, limit), "unpruned": best_in(unpruned, limit)}
    numbers = f"{len(complete)} of {len(pruned)} complete in {limit:.0f} s"
    print("  ", f"seed {seed}: {numbers}, {found}", file=sys.stderr)
    return found


def main() -> None:
    """Print seconds and ratios."""
    arguments = options(__doc__.splitlines()[0], num_pairs=3).parse_args()
    torch.set_num_threads(1)  # of whatever trains here; workers have their own
    images = training_images(plan_of("mnist/basic"))
    with tempfile.TemporaryDirectory() as name:
        folder, searches = Path(name), Searches(Path(name), images)
        found = {"seconds_of_a_check": _checks(5 if arguments.quick else 100)}
        found["seconds_of_a_sync"] = spread(seconds_of_syncs(folder))
        if arguments.quick:
            found["seconds_beside_training"] = _overhead(searches, 5, num_images=200)
            found["trials_per_hour"] = _speed_ups(searches, 1, num_trials=4, num_images=200)
            found["best_objective"] = _objectives(searches, [0], num_trials=8, num_images=200)
        else:
            found["seconds_beside_training"] = _overhead(searches, 30, num_images=2_000)
            pairs = arguments.pairs
            found["trials_per_hour"] = _speed_ups(searches, pairs, num_trials=10, num_images=6_000)
            found["best_objective"] = _objectives(
                searches, [0, 1, 2], num_trials=24, num_images=2_000
            )
    show(**found)


def _checks(num_draws: int) -> dict[str, object]:
    return {
        verdict: spread(values) | {"draws": len(values), "target": CHECK_TARGET}
        for verdict, values in seconds_of_checks(num_draws).items()
        if values
    }


def _overhead(searches: Searches, num_trials: int, *, num_images: int) -> dict[str, object]:
    trials = searches.trials(num_trials, "training.num_epochs=1", num_images=num_images)
    found = overheads(trials)[3:]  # a worker is warm once it has done a few
    return spread(found) | {"trials": len(found), "target": OVERHEAD_TARGET}


def _speed_ups(
    searches: Searches, num_pairs: int, *, num_trials: int, num_images: int
) -> dict[str, object]:
    rounds = []
    for order in orders(WORKERS, num_rounds=num_pairs):
        of = {name: seconds_per_trial(searches, name, num_trials, num_images) for name in order}
        rounds.append(of)
        tell(of)
    found: dict[str, object] = {"pairs": num_pairs}
    for name in WORKERS:
        found[name] = spread([3600 / each[name] for each in rounds])
    for name, target in (("one thread", ONE_THREAD_TARGET), ("two threads", TWO_THREADS_TARGET)):
        ratios = [each[name] / each["two workers"] for each in rounds]
        found[f"ratio to {name}"] = spread(ratios) | {"target": target}
    return found


def _objectives(
    searches: Searches, seeds: Sequence[int], *, num_trials: int, num_images: int
) -> dict[str, object]:
    given = {"num_trials": num_trials, "num_images": num_images}
    found = [pruned_and_not(searches, seed, **given) for seed in seeds]
    ratios = [each["pruned"] / each["unpruned"] for each in found]
    rounded = [{name: float(f"{value:.4g}") for name, value in each.items()} for each in found]
    return {"seeds": rounded, "ratio to unpruned": spread(ratios) | {"target": OBJECTIVE_TARGET}}


def _subset(root: Path, images: ImageSet, num_images: int) -> Path:
    """Some images in files as MNIST's are; the few for testing are seen once."""
    folder = root / "MNIST" / "raw"
    if not folder.exists():
        folder.mkdir(parents=True)
        for split, count in (("train", num_images), ("t10k", 100)):
            pixels, labels = images.images[:count], images.labels[:count].to(torch.uint8)
            for kind, values in (("images-idx3", pixels.squeeze(1)), ("labels-idx1", labels)):
                head = struct.pack(f">I{values.dim()}I", 0x0800 + values.dim(), *values.shape)
                content = head + values.contiguous().numpy().tobytes()
                (folder / f"{split}-{kind}-ubyte").write_bytes(content)
    return root


if __name__ == "__main__":
    main()
