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

import torch
import torch.nn.functional as F
from fits import CPU, epochs_of, plan_of, training_images
from turns import comparison, options, show, take_turns

from framework.contracts import ImageSet
from framework.recipe.plans import Plan
from framework.runs.assembly import build_on, split_images

TARGET = 1.10


def bare_epochs(plan: Plan, images: ImageSet) -> Callable[[], None]:
    """A function that trains and evaluates one epoch with nothing around it."""
    splits = split_images(plan, len(images))
    networks = build_on(plan, CPU)
    encoder, decoder = networks["encoder"], networks["decoder"]
    pixels, batch_size = images.images, plan.recipe.training.batch_size
    parameters = [p for network in networks.values() for p in network.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, weight_decay=1e-5, fused=True)

    def loss_of(places: torch.Tensor) -> torch.Tensor:
        batch = pixels[places].float().div_(255)
        return F.mse_loss(torch.sigmoid(decoder(encoder(batch))), batch)

    def epoch() -> None:
        for network in networks.values():
            network.train()
        order = splits.train[torch.randperm(len(splits.train))]
        for places in order.split(batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss_of(places).backward()
            optimizer.step()
        for network in networks.values():
            network.eval()
        with torch.no_grad():
            for places in splits.validation.split(plan.recipe.training.evaluation_batch_size):
                loss_of(places).item()

    return epoch


def main() -> None:
    """Print seconds and ratios."""
    parser = options(__doc__.splitlines()[0], num_pairs=7)
    parser.add_argument("--recipe", default="mnist/basic", help="one with the loss mse")
    arguments = parser.parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    plan = plan_of(arguments.recipe, f"training.num_epochs={num_pairs + 2}")
    images = training_images(plan, is_quick=arguments.quick)
    with tempfile.TemporaryDirectory() as folder:
        bare, ours = bare_epochs(plan, images), epochs_of(plan, images, Path(folder) / "run")
        acts = {"bare": bare, "ours": ours}
        take_turns(acts, num_rounds=1)  # the first epoch of each pays for allocations
        rounds = take_turns(acts, num_rounds=num_pairs)
    show(recipe=arguments.recipe, **comparison(rounds, targets={"ours": TARGET}, to="bare"))


if __name__ == "__main__":
    main()
