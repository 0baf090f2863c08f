"""A bare PyTorch loop over resident tensors, in the fastest way found."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from rivals.basic_network import (
    BATCH_SIZE,
    EVALUATION_BATCH_SIZE,
    LR,
    WEIGHT_DECAY,
    Beginning,
)
from torch import Tensor, nn


def bare_epochs(
    networks: Sequence[nn.Module],
    pixels: Tensor,
    splits: tuple[Tensor, Tensor],
    batch_sizes: tuple[int, int] = (BATCH_SIZE, EVALUATION_BATCH_SIZE),
) -> Callable[[], None]:
    """A function that trains and evaluates one epoch with nothing around it.

    Args:
        networks: an encoder and a decoder that answers logits, in the layout they compute in.
        pixels: images, 0 to 255.
        splits: places of the images to train on and of those held out.
        batch_sizes: for training and for evaluation.
    """
    encoder, decoder = networks
    parameters = [p for network in networks for p in network.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LR, weight_decay=WEIGHT_DECAY, fused=True)
    train, validation = splits

    def loss_of(places: Tensor) -> Tensor:
        batch = pixels[places].float().div_(255)
        return F.mse_loss(torch.sigmoid(decoder(encoder(batch))), batch)

    def epoch() -> None:
        for network in networks:
            network.train()
        order = train[torch.randperm(len(train))]
        for places in order.split(batch_sizes[0]):
            optimizer.zero_grad(set_to_none=True)
            loss_of(places).backward()
            optimizer.step()
        for network in networks:
            network.eval()
        with torch.no_grad():
            for places in validation.split(batch_sizes[1]):
                loss_of(places).item()

    return epoch


def train(
    beginning: Beginning,
    folder: Path,  # noqa: ARG001  nothing is written
    *,
    num_epochs: int,
    on_epoch: Callable[[], None],
) -> None:
    """Train for so many epochs; `on_epoch` is called at the beginning of each."""
    networks = [
        network.to(memory_format=torch.channels_last)
        for network in (beginning.encoder, beginning.decoder)
    ]
    epoch = bare_epochs(networks, beginning.pixels(), (beginning.train, beginning.validation))
    for _ in range(num_epochs):
        on_epoch()
        epoch()
