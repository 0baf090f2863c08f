"""The autoencoder of `mnist/basic` as pythae's documentation has its users write it.

Its `AE` with an encoder and a decoder of one's own, its `TrainingPipeline` with the images as
tensors, and its defaults: no checkpoints on the way, the best model kept in memory. Its loss is the
squared error summed over an image, which costs the same as the mean. The progress bar is off.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported

import torch
from pythae.models import AE, AEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.pipelines import TrainingPipeline
from pythae.trainers import BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback
from rivals.basic_network import (
    BATCH_SIZE,
    EVALUATION_BATCH_SIZE,
    LR,
    WEIGHT_DECAY,
    Beginning,
)
from torch import Tensor, nn


class Encoder(BaseEncoder):
    """An encoder in pythae's clothes."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> ModelOutput:
        return ModelOutput(embedding=self.layers(x))


class Decoder(BaseDecoder):
    """A decoder in pythae's clothes."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=torch.sigmoid(self.layers(z)))


class AtEachEpoch(TrainingCallback):
    """Calls a function at the beginning of each epoch."""

    def __init__(self, on_epoch: Callable[[], None]) -> None:
        super().__init__()
        self._on_epoch = on_epoch

    def on_epoch_begin(self, training_config: BaseTrainerConfig, **kwargs: object) -> None:  # noqa: ARG002
        self._on_epoch()


def train(
    beginning: Beginning, folder: Path, *, num_epochs: int, on_epoch: Callable[[], None]
) -> None:
    """Train for so many epochs; `on_epoch` is called at the beginning of each."""
    logging.getLogger("pythae").setLevel(logging.WARNING)
    images, held_out = beginning.images()
    config = BaseTrainerConfig(
        output_dir=str(folder),
        num_epochs=num_epochs,
        learning_rate=LR,
        per_device_train_batch_size=BATCH_SIZE,
        per_device_eval_batch_size=EVALUATION_BATCH_SIZE,
        optimizer_cls="Adam",
        optimizer_params={"weight_decay": WEIGHT_DECAY},
        no_cuda=True,
    )
    model = AE(
        AEConfig(input_dim=tuple(images.shape[1:]), latent_dim=4),
        encoder=Encoder(beginning.encoder),
        decoder=Decoder(beginning.decoder),
    )
    pipeline = TrainingPipeline(training_config=config, model=model)
    pipeline(train_data=images, eval_data=held_out, callbacks=[AtEachEpoch(on_epoch)])
