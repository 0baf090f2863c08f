"""The epoch of `mnist/basic`, ours beside a bare PyTorch loop over the same resident tensors.

Both train the same network from the same weights on the same split, in one process, taking turns;
quoted is the median of the ratios of neighbouring epochs. The bare loop uses the fastest settings
found: `channels_last`, fused Adam, no `.item()` within an epoch; it evaluates the validation split
as we do, and neither logs metrics nor saves.

Run it on a quiet machine: `make bench`.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from fits import CPU, epochs_of, plan_of, training_images
from rivals.bare import bare_epochs
from turns import comparison, options, show, take_turns

from framework.contracts import ImageSet
from framework.recipe.plans import Plan
from framework.runs.assembly import build_on, split_images

TARGET = 1.10


def bare(plan: Plan, images: ImageSet) -> Callable[[], None]:
    """A function that trains and evaluates one epoch of a plan with nothing around it."""
    splits, networks = split_images(plan, len(images)), build_on(plan, CPU)
    training = plan.recipe.training
    return bare_epochs(
        [networks["encoder"], networks["decoder"]],
        images.images,
        (splits.train, splits.validation),
        (training.batch_size, training.evaluation_batch_size),
    )


def main() -> None:
    """Print seconds and ratios."""
    parser = options(__doc__.splitlines()[0], num_pairs=7)
    parser.add_argument("--recipe", default="mnist/basic", help="one with the loss mse")
    arguments = parser.parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    plan = plan_of(arguments.recipe, f"training.num_epochs={num_pairs + 2}")
    images = training_images(plan, is_quick=arguments.quick)
    with tempfile.TemporaryDirectory() as folder:
        ours = epochs_of(plan, images, Path(folder) / "run")
        acts = {"bare": bare(plan, images), "ours": ours}
        take_turns(acts, num_rounds=1)  # the first epoch of each pays for allocations
        rounds = take_turns(acts, num_rounds=num_pairs)
    show(recipe=arguments.recipe, **comparison(rounds, targets={"ours": TARGET}, to="bare"))


if __name__ == "__main__":
    main()
