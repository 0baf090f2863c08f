"""The autoencoder of `mnist/basic` as Lightning's documentation has its users write it.

A `LightningModule`, torchvision's MNIST in a `DataLoader` with its default workers, the Trainer's
defaults with its checkpoints and its CSV log. Progress bar and model summary are off.
"""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from lightning.fabric.utilities.warnings import PossibleUserWarning
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import LambdaCallback
from lightning.pytorch.loggers import CSVLogger
from rivals.basic_network import (
    BATCH_SIZE,
    EVALUATION_BATCH_SIZE,
    LR,
    WEIGHT_DECAY,
    Beginning,
)
from torch import Tensor, nn
from torch.utils.data import DataLoader

MSE = "validation/mse"
Batch = list[Tensor]


class Autoencoder(LightningModule):
    """An encoder and a decoder that answers logits, trained on the mean squared error."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, lr: float, decay: float) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self._lr, self._decay = lr, decay

    def forward(self, images: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder(self.encoder(images)))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002  its name
        images = batch[0]
        loss = F.mse_loss(self(images), images)
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        images = batch[0]
        self.log(MSE, F.mse_loss(self(images), images))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self._lr, weight_decay=self._decay)


def train(
    beginning: Beginning, folder: Path, *, num_epochs: int, on_epoch: Callable[[], None]
) -> None:
    """Train for so many epochs; `on_epoch` is called at the beginning of each."""
    quieten()
    train_images, held_out = beginning.datasets()
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=num_epochs,
        callbacks=[_at_each_epoch(on_epoch)],
        logger=CSVLogger(folder),
        default_root_dir=folder,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(
        Autoencoder(beginning.encoder, beginning.decoder, LR, WEIGHT_DECAY),
        DataLoader(train_images, BATCH_SIZE, shuffle=True),
        DataLoader(held_out, EVALUATION_BATCH_SIZE),
    )


def quieten() -> None:
    """Leave out what Lightning says of its hardware, and its advice."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=PossibleUserWarning)


def _at_each_epoch(on_epoch: Callable[[], None]) -> Callback:
    return LambdaCallback(on_train_epoch_start=lambda trainer, module: on_epoch())  # noqa: ARG005
