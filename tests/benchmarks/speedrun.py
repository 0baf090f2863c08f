"""Time to the published FashionMNIST result: `fashion_mnist/speedrun` beside Lightning.

Published is a test error of 0.017237 (mean squared error per pixel) after 60 epochs. Ours is the
whole of `framework run fashion_mnist/speedrun`: data read and digested, three epochs, checkpoints,
log, the test split measured, pictures drawn. Lightning trains the document's recipe with the same
layers (see `lightning_twin.py`), and stands in two lines: its time until the validation error first
falls below the published test error, and its time for all 60 epochs. The latter is continued from
the epochs measured, at their median, unless `--whole` trains them all. No test split is measured
for Lightning, and no picture drawn.

Its weights are drawn as PyTorch draws them, as anyone's are who writes the document's layers down;
`--initialization he` gives it ours.

Run it on a quiet machine: `make bench`.
"""

import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median

from fits import NO_DOWNLOAD, plan_of, training_images
from turns import comparison, options, orders, seconds, show, spread, tell

from framework.application import run
from framework.recipe.plans import Plan
from framework.runs.records import RunRecord

try:
    from lightning_twin import Epoch, fastest_num_workers, train
    from rivals.lightning_module import quieten
except ModuleNotFoundError as missing:
    sys.exit(f"error: no module '{missing.name}' - install the extra: pip install -e '.[bench]'")

RECIPE, DOCUMENT = "fashion_mnist/speedrun", "fashion_mnist/autoencoder"
DATA_VARIABLE = "FRAMEWORK_DATA"
PUBLISHED_MSE = 0.017237
TARGET = 1 / 6
UNTIL_REACHED, ALL_EPOCHS = "lightning_until_reached", "lightning_all_epochs"


class Race:
    """Both trainings, and what they came to.

    Args:
        plan: the document's recipe, for Lightning.
        root: the folder that holds `FashionMNIST/raw`.
        scratch: a folder to write into.
        is_quick: whether to do a little of both only.
        is_whole: whether Lightning goes on once it is there.
        num_workers: processes that load data for Lightning; None tries what is the fastest.
    """

    def __init__(
        self,
        plan: Plan,
        root: Path,
        scratch: Path,
        *,
        is_quick: bool,
        is_whole: bool,
        num_workers: int | None,
    ) -> None:
        self._plan, self._root, self._scratch = plan, root, scratch
        self._is_quick = is_quick
        self._published_mse = 1.0 if is_quick else PUBLISHED_MSE
        self._until = 0.0 if is_whole else self._published_mse
        self._records: list[RunRecord] = []
        self._histories: list[list[Epoch]] = []
        self._run_ours(
            "training.num_epochs=1"
        )  # the first of each pays for imports and allocations
        num_batches = 2 if is_quick else 100
        fastest = fastest_num_workers(plan, root, scratch, num_batches=num_batches)
        self._num_workers = fastest if num_workers is None else num_workers

    def ours(self) -> dict[str, float]:
        """Carry our recipe out; answer its seconds."""
        overrides = ["training.num_epochs=1"] if self._is_quick else []
        return {"ours": seconds(lambda: self._records.append(self._run_ours(*overrides)))}

    def lightning(self) -> dict[str, float]:
        """Train with Lightning; answer its seconds until the published result, and for it all."""
        num_epochs = self._plan.recipe.training.num_epochs
        epochs = train(
            self._plan,
            self._root,
            self._scratch,
            num_workers=self._num_workers,
            num_epochs=num_epochs,
            until=self._until,
            limit_batches=2 if self._is_quick else 1.0,
        )
        self._histories.append(epochs)
        steps = [after.seconds - before.seconds for before, after in pairwise(epochs)]
        whole = epochs[-1].seconds + (num_epochs - len(epochs)) * median(steps)
        reached = self._epochs_until_reached(epochs)
        return {
            UNTIL_REACHED: whole if reached is None else epochs[reached - 1].seconds,
            ALL_EPOCHS: whole,
        }

    def outcomes(self) -> dict[str, object]:
        """What the seconds rest on; no number of epochs until reached means that it never was."""
        return {
            "published_test_mse": PUBLISHED_MSE,
            "our_test_mse": spread([record.test["mse"] for record in self._records]),
            "lightning_num_workers": self._num_workers,
            "lightning_epochs_trained": [len(epochs) for epochs in self._histories],
            "lightning_epochs_until_reached": [
                self._epochs_until_reached(epochs) for epochs in self._histories
            ],
        }

    def _epochs_until_reached(self, epochs: list[Epoch]) -> int | None:
        below = (n for n, epoch in enumerate(epochs, 1) if epoch.mse < self._published_mse)
        return next(below, None)

    def _run_ours(self, *overrides: str) -> RunRecord:
        return run(
            RECIPE,
            overrides=[NO_DOWNLOAD, *overrides],
            runs_directory=self._scratch,
            new=True,
            device="cpu",
            announce=lambda line: None,  # noqa: ARG005  the run's own lines
        )


def data_folder() -> Path:
    """The folder that holds the data; leaves with a message where none is named."""
    named = os.environ.get(DATA_VARIABLE)
    if not named:
        sys.exit(
            f"error: {DATA_VARIABLE} is not set - name the folder that holds FashionMNIST/raw, "
            f"in torchvision's layout"
        )
    return Path(named).expanduser()


def main() -> None:
    """Print seconds, ratios and what they rest on."""
    parser = options(__doc__.splitlines()[0], num_pairs=3)
    parser.add_argument("--whole", action="store_true", help="let Lightning train all 60 epochs")
    parser.add_argument("--initialization", choices=("torch", "he"), default="torch")
    parser.add_argument("--num-workers", type=int, help="Lightning's (default: the fastest)")
    arguments = parser.parse_args()
    drawn = [
        f"networks.{n}.initialization={arguments.initialization}" for n in ("encoder", "decoder")
    ]
    root, plan = data_folder(), plan_of(DOCUMENT, *drawn)
    training_images(plan)
    quieten()
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        race = Race(
            plan,
            root,
            Path(folder),
            is_quick=arguments.quick,
            is_whole=arguments.whole,
            num_workers=arguments.num_workers,
        )
        acts = {"ours": race.ours, "lightning": race.lightning}
        for order in orders(acts, num_rounds=1 if arguments.quick else arguments.pairs):
            found = [acts[name]() for name in order]
            rounds.append({name: value for each in found for name, value in each.items()})
            tell(rounds[-1])
    targets = {"ours": TARGET}
    ratios = comparison(rounds, targets=targets, to=UNTIL_REACHED)
    ratios |= comparison(rounds, targets=targets, to=ALL_EPOCHS)
    show(recipe=RECIPE, initialization=arguments.initialization, **race.outcomes(), **ratios)


if __name__ == "__main__":
    main()
