"""The epoch of `mnist/basic` with a row per iteration in wandb, beside its epoch without.

Two fits of the same recipe take turns, an epoch each; the tracked one measures the length of the
gradient at every iteration. Told as well is how long wandb takes to begin: its import, its process
and its run. It is offline, and everything lies in a temporary folder.

Run it on a quiet machine: `make bench`.
"""

import os
import tempfile
from importlib import import_module
from pathlib import Path

from fits import epochs_of, plan_of, training_images
from turns import comparison, options, seconds, show, take_turns

from framework.handlers.tracked_part import TrackedPart
from framework.handlers.tracker_fence import TrackerFence
from framework.handlers.tracking import Tracking
from framework.recipe.plans import Plan
from framework.trackers import TrackedRun

RECIPE = "mnist/basic"
EPOCH_TARGET = 1.05
START_TARGET_SECONDS = 1.0
TRACKERS = "trackers=[{type: wandb, every_num_iterations: 1, images_every_num_epochs: null}]"


def main() -> None:
    """Print seconds and ratios."""
    arguments = options(__doc__.splitlines()[0], num_pairs=7).parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    os.environ["WANDB_MODE"] = "offline"
    import_seconds = seconds(lambda: import_module("framework_trackers.wandb"))
    epochs = (f"training.num_epochs={num_pairs + 2}", "early_stopping=null")
    plain, tracked = plan_of(RECIPE, *epochs), plan_of(RECIPE, *epochs, TRACKERS)
    images = training_images(plain, is_quick=arguments.quick)
    with tempfile.TemporaryDirectory() as name:
        folder, warnings = Path(name), []
        part = TrackedPart(_builders(tracked, warnings), lambda _: _described(tracked, folder))
        begun: list[float] = []
        tracking = Tracking(part, start=lambda _: begun.append(seconds(part.start)), pictures=dict)
        acts = {
            "untracked": epochs_of(plain, images, folder / "untracked"),
            "tracked": epochs_of(tracked, images, folder / "tracked", observers=[tracking]),
        }
        take_turns(acts, num_rounds=1)  # the first epoch pays for allocations, and for the start
        rounds = take_turns(acts, num_rounds=num_pairs)
        part.finish({}, status="finished")
    found = comparison(rounds, targets={"tracked": EPOCH_TARGET}, to="untracked")
    start = {"import": import_seconds, "begin": begun[0], "target": START_TARGET_SECONDS}
    show(recipe=RECIPE, seconds_to_start=start, warnings=warnings, **found)


def _builders(plan: Plan, warnings: list[str]) -> list:
    return [
        (TrackerFence(name, warnings.append), planned.build)
        for name, planned in plan.components.trackers.items()
    ]


def _described(plan: Plan, folder: Path) -> TrackedRun:
    return TrackedRun(
        recipe=plan.recipe.name,
        name="tracked",
        directory=folder / "tracked",
        group="",
        kind="training",
        config=plan.resolved,
        facts={},
    )


if __name__ == "__main__":
    main()
