"""The autoencoder of `mnist/basic` as Ignite's quickstart has its users write it.

Supervised trainer and evaluator, torchvision's MNIST in a `DataLoader` with its default workers, a
loss that is shown now and then, a checkpoint after each epoch. Left out is the quickstart's second
evaluation, that of the training images.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from ignite.engine import (
    Engine,
    Events,
    create_supervised_evaluator,
    create_supervised_trainer,
)
from ignite.handlers import ModelCheckpoint, global_step_from_engine
from ignite.metrics import Loss
from rivals.basic_network import (
    BATCH_SIZE,
    EVALUATION_BATCH_SIZE,
    LR,
    WEIGHT_DECAY,
    Autoencoder,
    Beginning,
)
from torch import Tensor
from torch.utils.data import DataLoader

LOG_INTERVAL = 100


def train(
    beginning: Beginning, folder: Path, *, num_epochs: int, on_epoch: Callable[[], None]
) -> None:
    """Train for so many epochs; `on_epoch` is called at the beginning of each."""
    train_images, held_out = beginning.datasets()
    train_loader = DataLoader(train_images, BATCH_SIZE, shuffle=True)
    val_loader = DataLoader(held_out, EVALUATION_BATCH_SIZE)
    model = Autoencoder(beginning.encoder, beginning.decoder)
    optimizer = torch.optim.Adam(model.parameters(), lr=LR, weight_decay=WEIGHT_DECAY)
    trainer = create_supervised_trainer(model, optimizer, F.mse_loss, prepare_batch=_images_twice)
    evaluator = create_supervised_evaluator(
        model, metrics={"mse": Loss(F.mse_loss)}, prepare_batch=_images_twice
    )
    trainer.add_event_handler(Events.EPOCH_STARTED, on_epoch)

    @trainer.on(Events.ITERATION_COMPLETED(every=LOG_INTERVAL))
    def log_training_loss(engine: Engine) -> None:
        print(f"Epoch[{engine.state.epoch}] Loss: {engine.state.output:.4f}")

    @trainer.on(Events.EPOCH_COMPLETED)
    def log_validation_results(engine: Engine) -> None:
        evaluator.run(val_loader)
        print(f"Epoch[{engine.state.epoch}] MSE: {evaluator.state.metrics['mse']:.4f}")

    checkpoint = ModelCheckpoint(
        folder,
        n_saved=2,
        filename_prefix="best",
        score_function=lambda engine: -engine.state.metrics["mse"],
        score_name="mse",
        global_step_transform=global_step_from_engine(trainer),
    )
    evaluator.add_event_handler(Events.COMPLETED, checkpoint, {"model": model})
    trainer.run(train_loader, max_epochs=num_epochs)


def _images_twice(
    batch: list[Tensor],
    device: object = None,  # noqa: ARG001  its names
    non_blocking: bool = False,  # noqa: ARG001, FBT001, FBT002
) -> tuple[Tensor, Tensor]:
    return batch[0], batch[0]
