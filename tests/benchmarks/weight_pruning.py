"""The epoch of `mnist/best` with weight pruning, lasting or not, beside its epoch without.

Three fits of the same recipe take turns, an epoch each. They prune at the end of every epoch, where
the recipe does at every fifth, so that each measured epoch pays for a pruning: the ratio is that of
the dearest epoch. Patience is out of reach, since the ever sparser network soon stops improving.

Run it on a quiet machine: `make bench`.
"""

import tempfile
from pathlib import Path

from fits import epochs_of, plan_of, training_images
from turns import comparison, count, options, show, take_turns

RECIPE = "mnist/best"
TARGET = 1.05


def main() -> None:
    """Print seconds and ratios."""
    parser = options(__doc__.splitlines()[0], num_pairs=7)
    parser.add_argument(
        "--every-num-epochs", type=count, default=1, help="epochs between prunings (default: 1)"
    )
    arguments = parser.parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    every = f"weight_pruning.every_num_epochs={arguments.every_num_epochs}"
    shared = (
        "cross_validation=null",
        f"training.num_epochs={num_pairs + 2}",
        "early_stopping.patience=1000000",
    )
    plans = {
        "unpruned": plan_of(RECIPE, *shared, "weight_pruning=null"),
        "regrowing": plan_of(RECIPE, *shared, every, "weight_pruning.regrow=true"),
        "permanent": plan_of(RECIPE, *shared, every, "weight_pruning.regrow=false"),
    }
    images = training_images(plans["unpruned"], is_quick=arguments.quick)
    with tempfile.TemporaryDirectory() as folder:
        acts = {name: epochs_of(plan, images, Path(folder) / name) for name, plan in plans.items()}
        take_turns(acts, num_rounds=1)  # the first epoch pays for allocations
        rounds = take_turns(acts, num_rounds=num_pairs)
    found = comparison(rounds, targets={"regrowing": TARGET, "permanent": TARGET}, to="unpruned")
    show(recipe=RECIPE, every_num_epochs=arguments.every_num_epochs, **found)


if __name__ == "__main__":
    main()
