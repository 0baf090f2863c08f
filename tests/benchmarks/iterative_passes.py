"""The epoch of `mnist/iterative`, whose loss scores three passes, beside its one-pass twin's.

The twin is `mnist/basic`. Both fits take turns, an epoch each, validation included.

Run it on a quiet machine: `make bench`.
"""

import tempfile
from pathlib import Path

from fits import epochs_of, plan_of, training_images
from turns import comparison, options, show, take_turns

RECIPES = {"three_passes": "mnist/iterative", "one_pass": "mnist/basic"}
TARGET = 3.4


def main() -> None:
    """Print seconds and the ratio."""
    arguments = options(__doc__.splitlines()[0], num_pairs=7).parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    length = f"training.num_epochs={num_pairs + 2}"
    plans = {name: plan_of(recipe, length) for name, recipe in RECIPES.items()}
    images = training_images(plans["one_pass"], is_quick=arguments.quick)
    with tempfile.TemporaryDirectory() as folder:
        acts = {name: epochs_of(plan, images, Path(folder) / name) for name, plan in plans.items()}
        take_turns(acts, num_rounds=1)  # the first epoch pays for allocations
        rounds = take_turns(acts, num_rounds=num_pairs)
    found = comparison(rounds, targets={"three_passes": TARGET}, to="one_pass")
    show(recipes=RECIPES, **found)


if __name__ == "__main__":
    main()
