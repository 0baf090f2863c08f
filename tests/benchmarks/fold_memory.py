"""Peak memory of a cross-validation of `mnist/basic`: its five folds beside one of them alone.

Every training of a process reads the same images, so five folds in one process must not hold five
copies. Each case is a process of its own, for one epoch, in turns; told is the largest amount of
memory that it ever held (Linux, `VmHWM`). What each further fold adds is told in copies of the
training images: networks, optimizers, orders and what the allocator keeps are in it, a copy is not.

Unlike times, this can be measured on a busy machine.
"""

import argparse
import json
import subprocess
import sys
import tempfile

from contestant import MEBIBYTE, STATUS, peak_mebibytes
from fits import NO_DOWNLOAD, plan_of, training_images
from turns import options, orders, show, spread

from framework.application import run

RECIPE = "mnist/basic"
NUM_FOLDS = 5
CASES = {
    "one_fold": ("cross_validation.fold=0",),
    "five_folds": (),
}
TARGET = 0.5


def carry_out(case: str, *, is_quick: bool) -> None:
    """Carry a case out in this process and print how much memory it held at most."""
    overrides = [
        NO_DOWNLOAD,
        f"cross_validation.num_folds={NUM_FOLDS}",
        "cross_validation.out_of_fold=false",  # predictions for all images are another matter
        "training.num_epochs=1",
        "figures=[]",
        *CASES[case],
        *(["training.batch_size=4096"] if is_quick else []),
    ]
    with tempfile.TemporaryDirectory() as folder:
        run(
            RECIPE,
            overrides=overrides,
            runs_directory=folder,
            device="cpu",
            announce=lambda line: None,  # noqa: ARG005  the run's own lines
        )
    print(json.dumps({"peak_mebibytes": peak_mebibytes()}))


def peak_of(case: str, *, is_quick: bool) -> float:
    """The most memory that a process held which carried a case out."""
    command = [sys.executable, __file__, "--case", case, *(["--quick"] if is_quick else [])]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if answer.returncode != 0:
        sys.exit(f"error: the process of {case} ended with {answer.returncode}; see above")
    return float(json.loads(answer.stdout.splitlines()[-1])["peak_mebibytes"])


def main() -> None:
    """Print mebibytes, and what each further fold adds in copies of the images."""
    parser = options(__doc__.splitlines()[0], num_pairs=3)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        carry_out(arguments.case, is_quick=arguments.quick)
        return
    if not STATUS.exists():
        sys.exit(f"error: no {STATUS} - peak memory is measured on Linux only")
    images = training_images(plan_of(RECIPE)).images
    rounds = [
        {case: peak_of(case, is_quick=arguments.quick) for case in order}
        for order in orders(CASES, num_rounds=1 if arguments.quick else arguments.pairs)
    ]
    copy = images.numel() * images.element_size() / MEBIBYTE
    added = [(each["five_folds"] - each["one_fold"]) / (NUM_FOLDS - 1) for each in rounds]
    show(
        recipe=RECIPE,
        pairs=len(rounds),
        peak_mebibytes={case: spread([each[case] for each in rounds]) for case in CASES},
        mebibytes_of_the_images=round(copy, 1),
        copies_added_per_fold=spread([each / copy for each in added]) | {"target": TARGET},
    )


if __name__ == "__main__":
    main()
