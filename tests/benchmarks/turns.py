"""Measure several things in turns, so that whatever slows the machine slows all of them."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import torch

Act = Callable[[], object]
Round = Mapping[str, float]


def options(description: str, *, num_pairs: int) -> argparse.ArgumentParser:
    """The options that every benchmark has; `num_pairs` is the default of `--pairs`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--pairs", type=count, default=num_pairs, help=f"turns of each (default: {num_pairs})"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one turn of a little work, to see that it runs; its figures mean nothing",
    )
    return parser


def count(text: str) -> int:
    """An option's value that is a number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {number}")
    return number


def seconds(act: Act) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def orders(names: Iterable[str], *, num_rounds: int) -> Iterator[list[str]]:
    """The order of each round; every other round goes backwards."""
    forwards = list(names)
    for number in range(num_rounds):
        yield forwards[:: -1 if number % 2 else 1]


def take_turns(acts: Mapping[str, Act], *, num_rounds: int) -> list[Round]:
    """Seconds of each act in each round."""
    rounds = []
    for order in orders(acts, num_rounds=num_rounds):
        rounds.append({name: seconds(acts[name]) for name in order})
        tell(rounds[-1])
    return rounds


def tell(found: Round) -> None:
    """Show that it goes on: the seconds of one round, beside what is printed at the end."""
    print("  ", *(f"{name} {value:.2f} s" for name, value in found.items()), file=sys.stderr)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def comparison(
    rounds: Sequence[Round], *, targets: Mapping[str, float], to: str
) -> dict[str, object]:
    """Seconds of all, and the ratios of some `to` one within each round.

    Args:
        rounds: the seconds of each in each round.
        targets: what is compared, each with the largest ratio that it should have.
        to: what it is compared with.
    """
    ratios = {name: [each[name] / each[to] for each in rounds] for name in targets}
    return {
        "pairs": len(rounds),
        "seconds": {name: spread([each[name] for each in rounds]) for name in sorted(rounds[0])},
        f"ratio to {to}": {
            name: spread(values) | {"target": round(targets[name], 4)}
            for name, values in ratios.items()
        },
    }


def show(**findings: object) -> None:
    """Print what was found, after the number of threads that it was found with."""
    print(json.dumps({"threads": torch.get_num_threads()} | findings, indent=2))
