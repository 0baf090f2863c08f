"""An epoch of `mnist/basic`, its memory and its start: we beside a bare loop and other frameworks.

Lightning, plain Ignite, pythae and skorch train the same network from the same weights on the same
images, each as its own documentation has its users write it (see `rivals/`); Lightning and Ignite
also with all images as one tensor, as who looks for speed would have it. The bare loop does nothing
else at all, with the fastest settings found. Each is a process of its own; they take turns,
an epoch each, while the others wait, and a ratio is that of two epochs of the same round.

Told as well are the most memory that each has held once two epochs are over, and the seconds from
the start of its process to the end of its first step, imports and reading the data included: the
median of several processes.

Run it on a quiet machine: `make bench`.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from contestant import OURS, PICTURES, STATUS, TENSORS
from fits import plan_of, training_images
from speedrun import data_folder
from turns import Round, count, options, orders, show, spread, take_turns

from framework.recipe.building import build_networks
from framework.runs.assembly import split_images

RECIPE = "mnist/basic"
CONTESTANT = Path(__file__).with_name("contestant.py")
NAMES = {
    "bare": ("bare", TENSORS),
    OURS: (OURS, TENSORS),
    "lightning": ("lightning_module", PICTURES),
    "lightning_on_tensors": ("lightning_module", TENSORS),
    "ignite": ("ignite_loop", PICTURES),
    "ignite_on_tensors": ("ignite_loop", TENSORS),
    "pythae": ("pythae_pipeline", TENSORS),
    "skorch": ("skorch_net", TENSORS),
}
LEAST_RATIOS = {
    "lightning": 1.6,
    "lightning_on_tensors": 1.6,
    "ignite": 1.6,
    "ignite_on_tensors": 1.6,
    "pythae": 1.25,
}
QUICK_NUM_IMAGES = 1_000


class Side:
    """A contestant's process, which is at the beginning of an epoch.

    Args:
        name: one of `NAMES`.
        beginning: the file with weights and split.
        folder: an existing folder for this process alone.
        num_epochs: how many epochs it believes that it will train.
    """

    def __init__(self, name: str, beginning: Path, folder: Path, num_epochs: int) -> None:
        self.name, self._complaints = name, (folder / "stderr").open("w+", encoding="utf-8")
        files = [str(beginning), str(data_folder()), str(folder)]
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(CONTESTANT), *NAMES[name], *files, str(num_epochs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self._let_go()  # the first epoch
        self._read()
        self.start_seconds = self._read()["stepped_at"] - started
        self.peak_mebibytes = 0.0

    def wait(self) -> None:
        """Wait until the epoch is over that has begun."""
        self.peak_mebibytes = self._read()["peak_mebibytes"]

    def epoch(self) -> None:
        """Let it train an epoch."""
        self._let_go()
        self.wait()

    def end(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._process.communicate()
        self._complaints.close()

    def _let_go(self) -> None:
        print(file=self._process.stdin, flush=True)

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait()
            self._complaints.seek(0)
            sys.exit(f"error: the process of {self.name} is gone:\n{self._complaints.read()}")
        return json.loads(line)


def write_beginning(file: Path, *, is_quick: bool) -> None:
    """Write weights and split of our recipe down, for all to begin with."""
    plan = plan_of(RECIPE)
    splits = split_images(plan, len(training_images(plan)))
    networks = build_networks(plan.components.networks, plan.data, seed=plan.recipe.seed or 0)
    weights = {name: list(network.state_dict().values()) for name, network in networks.items()}
    size = QUICK_NUM_IMAGES if is_quick else None
    places = {"train": splits.train[:size], "validation": splits.validation[:size]}
    torch.save(weights | places, file)


def epochs_in_turns(
    names: list[str], beginning: Path, scratch: Path, *, num_pairs: int
) -> dict[str, Any]:
    """What the epochs of all take, and the most memory that each held."""
    sides = {}
    try:
        for name in names:
            sides[name] = Side(name, beginning, _folder(scratch), num_epochs=num_pairs + 3)
            sides[name].wait()  # its first epoch, beside nobody
        rounds = take_turns({name: sides[name].epoch for name in names}, num_rounds=num_pairs)
        peaks = {name: round(side.peak_mebibytes, 1) for name, side in sides.items()}
    finally:
        for side in sides.values():
            side.end()
    return {"peak_mebibytes": peaks, **times_of_ours(rounds)}


def times_of_ours(rounds: Sequence[Round]) -> dict[str, Any]:
    """Seconds, and how many times ours each takes, with the least that it should be."""
    ratios = {n: [each[n] / each[OURS] for each in rounds] for n in rounds[0] if n != OURS}
    return {
        "pairs": len(rounds),
        "seconds": {name: spread([each[name] for each in rounds]) for name in rounds[0]},
        "times ours": {
            name: spread(values)
            | ({"at_least": LEAST_RATIOS[name]} if name in LEAST_RATIOS else {})
            for name, values in ratios.items()
        },
    }


def starts(names: list[str], beginning: Path, scratch: Path, *, num_rounds: int) -> dict[str, Any]:
    """Seconds from the start of each process to the end of its first step."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for order in orders(names, num_rounds=num_rounds):
        for name in order:
            side = Side(name, beginning, _folder(scratch), num_epochs=1)
            found[name].append(side.start_seconds)
            side.end()
    return {name: spread(values) for name, values in found.items()}


def main() -> None:
    """Print seconds, ratios, memory and starts."""
    parser = options(__doc__.splitlines()[0], num_pairs=7)
    parser.add_argument("--starts", type=count, default=5, help="processes of each (default: 5)")
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=list(NAMES), help="of these alone"
    )
    arguments = parser.parse_args()
    if not STATUS.exists():
        sys.exit(f"error: no {STATUS} - peak memory is measured on Linux only")
    missing = [name for name in ("lightning", "pythae", "skorch") if find_spec(name) is None]
    if missing:
        sys.exit(f"error: no modules {missing} - install the extra: pip install -e '.[bench]'")
    is_quick = arguments.quick
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        beginning = scratch / "beginning.pt"
        write_beginning(beginning, is_quick=is_quick)
        num_pairs, num_starts = (1, 1) if is_quick else (arguments.pairs, arguments.starts)
        names = [name for name in NAMES if name in {*arguments.only, OURS}]
        found = epochs_in_turns(names, beginning, scratch, num_pairs=num_pairs)
        seconds = starts(names, beginning, scratch, num_rounds=num_starts)
    show(recipe=RECIPE, **found, seconds_to_the_first_step=seconds)


def _folder(scratch: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=scratch))


if __name__ == "__main__":
    main()
