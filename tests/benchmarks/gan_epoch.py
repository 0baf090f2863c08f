"""The epoch of `fashion_mnist/gan`, ours beside a bare PyTorch loop over the same resident tensors.

Both train the same networks from the same weights on the same split. In the bare loop, too, real
and generated images pass the discriminator together and the generated ones are used again; Adam is
fused, nothing is read out within an epoch, and weights take no gradients that nobody needs. It
validates as we do, and neither logs, measures spreads nor saves.

Run it on a quiet machine: `make bench`.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from fits import CPU, epochs_of, plan_of, training_images
from torch import Tensor, nn
from turns import comparison, options, show, take_turns

from framework.contracts import ImageSet
from framework.recipe.plans import Plan
from framework.runs.assembly import build_on, split_images

RECIPE = "fashion_mnist/gan"
TARGET = 1.10


class Losses:
    """The losses of a batch, without anything around them."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        self.generator, self.discriminator = generator, discriminator

    def of_discriminator(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Its loss, and the images that were generated for it."""
        generated = self.generator(torch.randn(len(images), self.generator.latent_dim))
        both = torch.cat([images, generated.detach()])
        real_logits, logits = self.discriminator(both).chunk(2)
        return F.softplus(-real_logits).mean() + F.softplus(logits).mean(), generated

    def of_generator(self, generated: Tensor) -> Tensor:
        """Its loss."""
        return F.softplus(-self.discriminator(generated)).mean()


def bare_epochs(plan: Plan, images: ImageSet) -> Callable[[], None]:
    """A function that trains and evaluates one epoch with nothing around it."""
    splits = split_images(plan, len(images))
    networks = build_on(plan, CPU)
    generator, discriminator = networks["generator"], networks["discriminator"]
    losses, pixels = Losses(generator, discriminator), images.images
    first, second = (
        torch.optim.Adam(network.parameters(), lr=1e-4, betas=(0.5, 0.999), fused=True)
        for network in (discriminator, generator)
    )

    def step(batch: Tensor) -> None:
        loss, generated = losses.of_discriminator(batch)
        first.zero_grad(set_to_none=True)
        loss.backward()
        first.step()
        discriminator.requires_grad_(requires_grad=False)
        loss = losses.of_generator(generated)
        discriminator.requires_grad_(requires_grad=True)
        second.zero_grad(set_to_none=True)
        loss.backward()
        second.step()

    def validate(batch: Tensor) -> None:
        loss, generated = losses.of_discriminator(batch)
        loss.item()
        losses.of_generator(generated).item()

    def epoch() -> None:
        order = splits.train[torch.randperm(len(splits.train))]
        for places in order.split(plan.recipe.training.batch_size):
            step(pixels[places].float().div_(255))
        with torch.no_grad():
            for places in splits.validation.split(plan.recipe.training.evaluation_batch_size):
                validate(pixels[places].float().div_(255))

    return epoch


def main() -> None:
    """Print seconds and ratios."""
    arguments = options(__doc__.splitlines()[0], num_pairs=7).parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    plan = plan_of(RECIPE, f"training.num_epochs={num_pairs + 2}")
    images = training_images(plan, is_quick=arguments.quick)
    with tempfile.TemporaryDirectory() as folder:
        bare, ours = bare_epochs(plan, images), epochs_of(plan, images, Path(folder) / "run")
        acts = {"bare": bare, "ours": ours}
        take_turns(acts, num_rounds=1)  # the first epoch of each pays for allocations
        rounds = take_turns(acts, num_rounds=num_pairs)
    show(recipe=RECIPE, **comparison(rounds, targets={"ours": TARGET}, to="bare"))


if __name__ == "__main__":
    main()
