"""The epoch of a head on a frozen encoder, whose codes are kept, beside encoding in every epoch.

Both are fits of `fashion_mnist/classifier` with its own encoder, untrained, which costs as much as
a trained one. The other side unfreezes the encoder after the last epoch: until then it is frozen,
and its codes are computed anew for every batch. Both take turns, an epoch each, validation
included.

Run it on a quiet machine: `make bench`.
"""

import tempfile
from pathlib import Path

import safetensors.torch
from fits import CPU, epochs_of, plan_of, training_images
from turns import comparison, options, show, take_turns

from framework.runs.assembly import build_on
from framework.runs.inheritance import Inheritance

RECIPE = "fashion_mnist/classifier"
TARGET = 1 / 10


def main() -> None:
    """Print seconds and the ratio."""
    arguments = options(__doc__.splitlines()[0], num_pairs=7).parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    num_epochs = num_pairs + 2
    length = f"training.num_epochs={num_epochs}"
    late = f"networks.encoder.unfreeze_at_epoch={num_epochs + 1}"
    plans = {"kept_codes": plan_of(RECIPE, length), "encoding": plan_of(RECIPE, length, late)}
    images = training_images(plans["kept_codes"], is_quick=arguments.quick)
    encoder = build_on(plans["kept_codes"], CPU)["encoder"].state_dict()
    weights = {f"encoder.{key}": value.contiguous() for key, value in encoder.items()}
    begun = Inheritance(safetensors.torch.save(weights), {"encoder": {}})
    with tempfile.TemporaryDirectory() as folder:
        acts = {
            name: epochs_of(plan, images, Path(folder) / name, begun)
            for name, plan in plans.items()
        }
        take_turns(acts, num_rounds=1)  # the first epoch pays for allocations
        rounds = take_turns(acts, num_rounds=num_pairs)
    show(recipe=RECIPE, **comparison(rounds, targets={"kept_codes": TARGET}, to="encoding"))


if __name__ == "__main__":
    main()
