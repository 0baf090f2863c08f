"""A shipped autoencoder's recipe as a user of Lightning writes it.

The layers and their sizes, the optimizer's values, the batch size and the images held out are the
recipe's. The rest is Lightning's ordinary way: torchvision's data set through a `DataLoader` with
persistent workers, the Trainer's defaults with its checkpoints, its CSV log, a validation each
epoch. What costs it time and is not needed is off: progress bar and model summary.
"""

import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lightning.fabric.utilities.data import suggested_max_num_workers
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import CSVLogger
from rivals.lightning_module import MSE, Autoencoder
from torch import Tensor
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor
from turns import take_turns

from framework.contracts import SINGLE_OPTIMIZER
from framework.recipe.building import build_networks
from framework.recipe.plans import Plan
from framework.runs.assembly import split_images

Loader = DataLoader[tuple[Tensor, int]]


@dataclass(frozen=True)
class Epoch:
    """When an epoch was validated, counted from before the data were read, and with what result."""

    seconds: float
    mse: float


class Clock(Callback):
    """Notes time and result of each validation."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.epochs: list[Epoch] = []

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        if not trainer.sanity_checking:
            elapsed = time.perf_counter() - self._started
            self.epochs.append(Epoch(elapsed, float(trainer.callback_metrics[MSE])))


def train(
    plan: Plan,
    root: Path,
    folder: Path,
    *,
    num_workers: int,
    num_epochs: int,
    until: float = 0.0,
    limit_batches: float = 1.0,
) -> list[Epoch]:
    """Train a plan's recipe with Lightning, until an epoch's validation falls below `until`.

    Args:
        plan: a reconstruction of FashionMNIST by `encoder` and `decoder`, with one Adam.
        root: the folder that holds `FashionMNIST/raw`.
        folder: where Lightning writes.
        num_workers: processes that load data.
        num_epochs: the most epochs.
        until: the mean squared error to fall below.
        limit_batches: share of an epoch's batches; a whole number is a number of batches.
    """
    clock = Clock()
    networks = build_networks(plan.components.networks, plan.data, seed=plan.recipe.seed or 0)
    adam = plan.components.optimizers[SINGLE_OPTIMIZER].values
    model = Autoencoder(networks["encoder"], networks["decoder"], adam["lr"], adam["weight_decay"])
    stop = EarlyStopping(MSE, stopping_threshold=until, patience=num_epochs, check_finite=True)
    trainer = Trainer(
        accelerator="cpu",
        min_epochs=min(2, num_epochs),  # from two on, the time of one is known
        max_epochs=num_epochs,
        callbacks=[clock, stop],
        logger=CSVLogger(folder),
        default_root_dir=folder,
        limit_train_batches=limit_batches,
        limit_val_batches=limit_batches,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, *_loaders(plan, root, num_workers))
    return clock.epochs


def fastest_num_workers(plan: Plan, root: Path, folder: Path, *, num_batches: int) -> int:
    """The number of loading processes with which Lightning trains so many batches soonest.

    Its documentation says to start at the number of cores and to try; its own warning suggests one
    less; a small data set may need none.
    """
    found = sorted({0, suggested_max_num_workers(1), os.cpu_count() or 1})
    acts = {
        str(number): lambda number=number: train(
            plan, root, folder, num_workers=number, num_epochs=1, limit_batches=num_batches
        )
        for number in found
    }
    rounds = take_turns(acts, num_rounds=2)
    return min(found, key=lambda number: min(each[str(number)] for each in rounds))


def _loaders(plan: Plan, root: Path, num_workers: int) -> tuple[Loader, Loader]:
    images = FashionMNIST(root, train=True, transform=ToTensor())
    splits, training = split_images(plan, len(images)), plan.recipe.training
    train_images = Subset(images, splits.train.tolist())
    held_out = Subset(images, splits.validation.tolist())
    loader = partial(DataLoader, num_workers=num_workers, persistent_workers=num_workers > 0)
    return (
        loader(train_images, batch_size=training.batch_size, shuffle=True),
        loader(held_out, batch_size=training.evaluation_batch_size),
    )
