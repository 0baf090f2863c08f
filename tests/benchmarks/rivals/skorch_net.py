"""The autoencoder of `mnist/basic` as skorch's documentation has its users write it.

A `NeuralNet` with the held-out images as `predefined_split`, and its defaults: losses and times of
an epoch are kept, nothing is saved. The table that it prints is off.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from rivals.basic_network import (
    BATCH_SIZE,
    EVALUATION_BATCH_SIZE,
    LR,
    WEIGHT_DECAY,
    Autoencoder,
    Beginning,
)
from skorch import NeuralNet
from skorch.callbacks import Callback
from skorch.dataset import Dataset
from skorch.helper import predefined_split
from torch import nn


class AtEachEpoch(Callback):
    """Calls a function at the beginning of each epoch."""

    def __init__(self, on_epoch: Callable[[], None]) -> None:
        self.on_epoch = on_epoch  # scikit-learn's rule: a parameter's name is its attribute's

    def on_epoch_begin(self, net: NeuralNet, **kwargs: object) -> None:  # noqa: ARG002
        self.on_epoch()


def train(
    beginning: Beginning,
    folder: Path,  # noqa: ARG001  nothing is written
    *,
    num_epochs: int,
    on_epoch: Callable[[], None],
) -> None:
    """Train for so many epochs; `on_epoch` is called at the beginning of each."""
    images, held_out = beginning.images()
    net = NeuralNet(
        Autoencoder(beginning.encoder, beginning.decoder),
        criterion=nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=LR,
        optimizer__weight_decay=WEIGHT_DECAY,
        max_epochs=num_epochs,
        batch_size=BATCH_SIZE,
        iterator_train__shuffle=True,
        iterator_valid__batch_size=EVALUATION_BATCH_SIZE,
        train_split=predefined_split(Dataset(held_out, held_out)),
        callbacks=[("at_each_epoch", AtEachEpoch(on_epoch))],
        verbose=0,
    )
    net.fit(images, images)
