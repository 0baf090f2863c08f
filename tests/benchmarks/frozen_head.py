"""The epoch of a head on a frozen encoder, whose codes are kept, beside encoding in every epoch.

All train the head of `fashion_mnist/classifier` on its own encoder, untrained, which costs as much
as a trained one: our fit as it is; our fit that unfreezes the encoder after the last epoch, until
when its codes are computed anew for every batch; and Lightning, as its users write it (see
`rivals/frozen_classifier.py`). They take turns, an epoch each, validation included.

Run it on a quiet machine: `make bench`.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import safetensors.torch
from fits import CPU, epochs_of, plan_of, training_images
from speedrun import data_folder
from turns import Round, comparison, options, show, take_turns, tell

from framework.runs.assembly import build_on, split_images
from framework.runs.inheritance import Inheritance

try:
    from rivals.frozen_classifier import epoch_seconds
except ModuleNotFoundError as missing:
    sys.exit(f"error: no module '{missing.name}' - install the extra: pip install -e '.[bench]'")

RECIPE = "fashion_mnist/classifier"
TARGET = 1 / 10
LIGHTNING = "lightning"


def main() -> None:
    """Print seconds and the ratio."""
    parser = options(__doc__.splitlines()[0], num_pairs=7)
    parser.add_argument(
        "--num-workers", type=int, default=0, help="processes that load data for Lightning"
    )
    arguments = parser.parse_args()
    num_pairs = 1 if arguments.quick else arguments.pairs
    num_epochs = num_pairs + 2
    length = f"training.num_epochs={num_epochs}"
    late = f"networks.encoder.unfreeze_at_epoch={num_epochs + 1}"
    plans = {"kept_codes": plan_of(RECIPE, length), "encoding": plan_of(RECIPE, length, late)}
    plan = plans["kept_codes"]
    images, networks = training_images(plan, is_quick=arguments.quick), build_on(plan, CPU)
    encoder = networks["encoder"].state_dict()
    weights = {f"encoder.{key}": value.contiguous() for key, value in encoder.items()}
    begun = Inheritance(safetensors.torch.save(weights), {"encoder": {}})
    splits = split_images(plan, len(images))
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        acts = {
            name: epochs_of(plan, images, Path(folder) / name, begun)
            for name, plan in plans.items()
        }
        take_turns(acts, num_rounds=1)  # the first epoch pays for allocations
        for _ in range(num_pairs):
            lightning = epoch_seconds(
                [networks["encoder"], networks["head"]],
                data_folder(),
                Path(folder),
                places=(splits.train, splits.validation),
                num_workers=arguments.num_workers,
            )
            tell({LIGHTNING: lightning})
            rounds.append({LIGHTNING: lightning} | take_turns(acts, num_rounds=1)[0])
    ours = {"kept_codes": TARGET}
    show(
        recipe=RECIPE,
        **comparison(rounds, targets=ours, to="encoding"),
        **beside_lightning(rounds),
    )


def beside_lightning(rounds: Sequence[Round]) -> dict[str, object]:
    """The ratios of Lightning's seconds."""
    found = comparison(rounds, targets={"kept_codes": TARGET}, to=LIGHTNING)
    return {name: value for name, value in found.items() if name.startswith("ratio")}


if __name__ == "__main__":
    main()
