"""The epoch of `mnist/basic`, ours beside a bare PyTorch loop over the same resident tensors.

Both train the same network from the same weights on the same split, in one process, taking turns;
quoted is the median of the ratios of neighbouring epochs. The bare loop uses the fastest settings
found: `channels_last`, fused Adam, no `.item()` within an epoch; it evaluates the validation split
as we do, and neither logs metrics nor saves.

Run it on a quiet machine: `make bench`.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from framework.application import check
from framework.contracts import DataBundle, ImageSet
from framework.recipe.plans import Plan
from framework.runs.assembly import Splits, build_on, split_images
from framework.runs.directory import RunDirectory
from framework.runs.fit import Fit

CPU = torch.device("cpu")


def load(plan: Plan) -> DataBundle:
    """The recipe's data, or as many random images where they are not at hand."""
    dataset = plan.components.dataset.build()
    try:
        return dataset.load()
    except Exception as error:  # noqa: BLE001  no data: the time does not depend on the pixels
        print(f"no real data ({type(error).__name__}); random images instead")
        images = torch.randint(0, 256, (60_000, 1, 28, 28), dtype=torch.uint8)
        return DataBundle(ImageSet(images), ImageSet(images[:10]))


def bare_epoch(plan: Plan, images: ImageSet, splits: Splits) -> Callable[[], None]:
    """A function that trains and evaluates one epoch with nothing around it."""
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


def our_epoch(plan: Plan, images: ImageSet, splits: Splits, folder: Path) -> Callable[[], bool]:
    """A function that advances a real fit by one epoch, checkpoint and log included."""
    store = RunDirectory.create(folder / "run", texts={}, meta={})
    fit = Fit(plan, images, splits, device=CPU, store=store)
    return fit.advance


def seconds(act: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    """Print the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--recipe", default="mnist/basic")
    arguments = parser.parse_args()
    plan = check(arguments.recipe)
    bundle = load(plan)
    splits = split_images(plan, len(bundle.train))
    with tempfile.TemporaryDirectory() as folder:
        bare = bare_epoch(plan, bundle.train, splits)
        ours = our_epoch(plan, bundle.train, splits, Path(folder))
        bare(), ours()  # the first epoch of each pays for allocations
        pairs = []
        for number in range(arguments.pairs):
            acts = (ours, bare) if number % 2 else (bare, ours)
            first, second = seconds(acts[0]), seconds(acts[1])
            pairs.append((first, second) if number % 2 else (second, first))
    ratios = sorted(our_time / bare_time for our_time, bare_time in pairs)
    result = {
        "recipe": arguments.recipe,
        "threads": torch.get_num_threads(),
        "pairs": len(pairs),
        "ours_seconds": round(statistics.median(p[0] for p in pairs), 3),
        "bare_seconds": round(statistics.median(p[1] for p in pairs), 3),
        "ratio_median": round(statistics.median(ratios), 3),
        "ratio_min": round(ratios[0], 3),
        "ratio_max": round(ratios[-1], 3),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
