"""Strike runs with signals at random moments, let them end, and compare every bit.

    python tests/faults/kill_campaign.py FOLDER --num-strikes 20 [--seed 7]
        [--recipes tiny.yaml ... | --mutants NAME ...]

A warm fork server, started as a process of its own: it imports torch and the project once, starts
no thread and forks for every attempt, so that an attempt costs a fraction of a second. It writes
one JSON document to stdout. Runs that fail keep their directory, which the document names.
"""

import argparse
import json
import random
import secrets
import shutil
import signal
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from attempts import PLUGIN, SAVE_BEGINS, SAVE_ENDS, SUPPORT, Attempt, Strike
from sabotage import RECIPES, SABOTAGE
from sklearn import model_selection  # noqa: F401  imported once for all attempts that deal folds

from framework.application import check
from framework.errors import CheckpointError
from framework.runs.records import OVER, read_state

sys.path.insert(0, str(SUPPORT))

from run_digest import differences, digest_of

SETTINGS = (
    (),  # saves within epochs too, as the recipes say
    ("checkpointing.every_num_iterations=null", "checkpointing.every_num_epochs=3"),
)
TINY = "tiny.yaml"
MAX_STRIKES_PER_RUN = 8
MAX_STRIKES_PER_MUTATED_RUN = 3  # most mutants show in the end, whatever the number
MAX_STRIKES_PER_MUTANT = 120  # the hardest to hit shows at one strike in ten
MAX_FAILURES = 3


@dataclass
class Reference:
    """What an uninterrupted run ends with, and how long it and its saves take."""

    digest: dict[str, str]
    num_iterations: int
    seconds: float
    num_saves: int
    save_seconds: float


def make_reference(folder: Path, settings: Sequence[str], mutant: str | None) -> Reference:
    folder.mkdir(parents=True)
    attempt = Attempt(folder, settings, mutant)
    code = attempt.wait()
    if code != 0:
        raise RuntimeError(f"uninterrupted, the run exits with {code}: {attempt.output}")
    begun = [at for message, at in attempt.messages if message == SAVE_BEGINS]
    ended = [at for message, at in attempt.messages if message == SAVE_ENDS]
    save_seconds = statistics.median(e - b for b, e in zip(begun, ended, strict=True))
    (run,) = run_directories(folder)
    num_iterations = iterations_saved(run)
    return Reference(digest_of(run), num_iterations, attempt.seconds, len(begun), save_seconds)


@dataclass
class StruckRun:
    """One run, struck again and again until it was let end."""

    folder: Path
    settings: Sequence[str]
    mutant: str | None
    strikes: list[Strike] = field(default_factory=list)
    num_in_saves: int = 0
    failures: list[str] = field(default_factory=list)
    _iteration: int = 0

    def carry_out(self, reference: Reference, rng: random.Random, numbers: Sequence[int]) -> None:
        self.folder.mkdir(parents=True)
        while not self.failures:
            attempt = Attempt(self.folder, self.settings, self.mutant)
            part_left = 1 - self._iteration / reference.num_iterations
            strike = draw_strike(rng, reference, numbers, part_left=part_left)
            has_struck = len(self.strikes) < self._most_strikes and attempt.strike(strike)
            code = attempt.wait()
            if code == 0 or (has_struck and self._came_too_late(strike, code)):
                if not self.strikes:  # the machine is less busy now: aim earlier
                    reference.seconds = min(reference.seconds, attempt.seconds)
                self._compare(reference)
                return
            if not has_struck or code != expected_code(strike.number):
                self.failures.append(f"exit {code}: {attempt.output.read_text()[-2000:]}")
                return
            self.strikes.append(strike)
            self.num_in_saves += attempt.was_saving
            self._look_after(strike, attempt)

    @property
    def _most_strikes(self) -> int:
        return MAX_STRIKES_PER_RUN if self.mutant is None else MAX_STRIKES_PER_MUTATED_RUN

    def _came_too_late(self, strike: Strike, code: int) -> bool:
        """Whether a request to end met a process that had done all and was on its way out."""
        if strike.number == signal.SIGKILL or code != -strike.number:
            return False
        return all(read_state(run).status in OVER for run in run_directories(self.folder))

    def _look_after(self, strike: Strike, attempt: Attempt) -> None:
        """What must hold between a strike and the next attempt."""
        for run in run_directories(self.folder):
            try:
                state, iteration = read_state(run), iterations_saved(run)
            except CheckpointError as error:
                self.failures.append(str(error))
                return
            if iteration < self._iteration:
                self.failures.append(f"from iteration {self._iteration} back to {iteration}")
            self._iteration = iteration
            is_asked = strike.number != signal.SIGKILL
            if is_asked and state.status != "interrupted":
                self.failures.append(f"status {state.status} after signal {strike.number}")
            if is_asked and f"framework run {run}" not in attempt.output.read_text():
                self.failures.append(f"{attempt.output} does not say how to go on")

    def _compare(self, reference: Reference) -> None:
        runs = run_directories(self.folder)
        if len(runs) != 1:
            self.failures.append(f"{len(runs)} run directories")
            return
        self.failures += differences(reference.digest, digest_of(runs[0]))
        if any("going on from epoch" in log.read_text() for log in runs[0].rglob("log.txt")):
            self.failures.append("a checkpoint was not intact")
        self.failures += [f"left over: {path}" for path in self.folder.rglob(".tmp-*")]


def run_directories(folder: Path) -> list[Path]:
    return [path.parent for path in (folder / "runs").glob("*/[!.]*/state.json")]


def iterations_saved(run: Path) -> int:
    """Up to which iteration a run is saved, or all of its folds together are."""
    parts = [state.parent for state in run.glob("[!.]*/state.json")]
    entries = [read_state(path).checkpoint for path in (run, *parts)]
    return sum(entry.iteration for entry in entries if entry is not None)


def expected_code(number: int) -> int:
    return -number if number == signal.SIGKILL else 128 + number


def draw_strike(
    rng: random.Random, reference: Reference, numbers: Sequence[int], *, part_left: float
) -> Strike:
    """A strike at random: a third of the kills is aimed at saves, of which there are few seconds.

    A signal that asks a run to end comes after the attempt's first save: before, no fit listens.
    """
    number = rng.choice(numbers)
    is_kill = number == signal.SIGKILL
    if is_kill and rng.random() > 1 / 3:
        start_fraction = 0.2  # every attempt takes that, whatever is left to train
        expected_seconds = reference.seconds * (start_fraction + (1 - start_fraction) * part_left)
        return Strike(number, rng.uniform(0, expected_seconds))
    longest = reference.save_seconds if is_kill else reference.seconds / 8
    num_saves_left = max(1, int(reference.num_saves * part_left))
    return Strike(
        number, rng.uniform(0, longest), after_save=rng.randint(1, min(4, num_saves_left))
    )


def campaign(
    folder: Path, recipe: str, mutant: str | None, seed: int, request: argparse.Namespace
) -> Any:
    """Strike runs until there have been enough strikes, or a mutant has been noticed."""
    rng = random.Random(f"{seed}/{recipe}/{mutant}")  # noqa: S311  nothing secret
    numbers = [signal.Signals[name] for name in request.signals]
    references: dict[int, Reference] = {}
    runs: list[StruckRun] = []
    while is_worth_going_on(runs, mutant, request.num_strikes):
        place = len(runs) % len(SETTINGS)
        settings = (recipe, *SETTINGS[place])
        if place not in references:
            references[place] = make_reference(folder / f"reference-{place}", settings, mutant)
        run = StruckRun(folder / f"run-{len(runs):02d}", settings, mutant)
        run.carry_out(references[place], rng, numbers)
        if not run.failures:
            shutil.rmtree(run.folder)
        runs.append(run)
    again = make_reference(folder / "again", (recipe, *SETTINGS[0]), mutant)
    return {
        "recipe": recipe,
        "mutant": mutant,
        "seconds_uninterrupted": [reference.seconds for reference in references.values()],
        "differs_uninterrupted": differences(references[0].digest, again.digest),
        "num_strikes": num_strikes(runs),
        "num_in_saves": sum(run.num_in_saves for run in runs),
        "runs": [asdict(run) for run in runs],
        "failures": {str(run.folder): run.failures for run in runs if run.failures},
    }


def is_worth_going_on(runs: Sequence[StruckRun], mutant: str | None, enough: int) -> bool:
    num_failures = sum(bool(run.failures) for run in runs)
    if mutant is None:
        return num_strikes(runs) < enough and num_failures < MAX_FAILURES
    return num_strikes(runs) < MAX_STRIKES_PER_MUTANT and num_failures == 0


def num_strikes(runs: Sequence[StruckRun]) -> int:
    return sum(len(run.strikes) for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--num-strikes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--signals", nargs="+", default=["SIGKILL"])
    parser.add_argument("--recipes", nargs="+", default=[TINY])
    parser.add_argument("--mutants", nargs="+", choices=SABOTAGE, default=[])
    request = parser.parse_args()
    sys.stderr.write(f"seed {request.seed}\n")
    torch.set_num_threads(1)
    pairs = [(RECIPES.get(mutant, TINY), mutant) for mutant in request.mutants]
    pairs = pairs or [(recipe, None) for recipe in request.recipes]
    for recipe in {recipe for recipe, _ in pairs}:
        check(SUPPORT / recipe, plugins=[PLUGIN])  # imports whatever it needs
    campaigns = [
        campaign(request.folder / (mutant or recipe), recipe, mutant, request.seed, request)
        for recipe, mutant in pairs
    ]
    document = {"seed": request.seed, "campaigns": campaigns}
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
