"""The head of `fashion_mnist/classifier` on its frozen encoder, as a user of Lightning writes it.

The encoder codes every batch without gradients; pictures come from torchvision's data set through a
`DataLoader`, with the Trainer's defaults, its checkpoints and its CSV log. Progress bar and model
summary are off.
"""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import LambdaCallback
from lightning.pytorch.loggers import CSVLogger
from rivals.lightning_module import quieten
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor

LR, WEIGHT_DECAY = 2e-4, 1e-5
BATCH_SIZE, EVALUATION_BATCH_SIZE = 256, 1024

Batch = list[Tensor]


class Classifier(LightningModule):
    """A head that learns on what a frozen encoder makes of each batch."""

    def __init__(self, encoder: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.head = encoder.requires_grad_(requires_grad=False).eval(), head

    def forward(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            codes = self.encoder(images)
        return self.head(codes)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002  its name
        images, labels = batch
        loss = F.cross_entropy(self(images), labels)
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        images, labels = batch
        logits = self(images)
        self.log("validation/loss", F.cross_entropy(logits, labels))
        self.log("validation/accuracy", (logits.argmax(1) == labels).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.head.parameters(), lr=LR, weight_decay=WEIGHT_DECAY)


def epoch_seconds(
    networks: Sequence[nn.Module],
    root: Path,
    folder: Path,
    *,
    places: Sequence[Tensor],
    num_workers: int,
) -> float:
    """Seconds of an epoch with its validation, the second of a training.

    Args:
        networks: encoder and head.
        root: the folder that holds `FashionMNIST/raw`.
        folder: where Lightning writes.
        places: which of the images to train on, and which to validate with.
        num_workers: processes that load data.
    """
    quieten()
    moments: list[float] = []
    note = LambdaCallback(
        on_train_epoch_start=lambda *_: moments.append(time.perf_counter()),
        on_train_end=lambda *_: moments.append(time.perf_counter()),
    )
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=[note],
        logger=CSVLogger(folder),
        default_root_dir=folder,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    images = FashionMNIST(root, train=True, transform=ToTensor())
    train, held_out = (Subset(images, each.tolist()) for each in places)
    load = partial(DataLoader, num_workers=num_workers, persistent_workers=num_workers > 0)
    trainer.fit(
        Classifier(*networks),
        load(train, batch_size=BATCH_SIZE, shuffle=True),
        load(held_out, batch_size=EVALUATION_BATCH_SIZE),
    )
    _first, second, end = moments
    return end - second
