"""What every rival begins with: the network of `mnist/basic`, the images, weights and split.

Nothing of our framework is imported here, so that a rival's process pays for its own imports only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, Subset, TensorDataset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

LR, WEIGHT_DECAY = 1e-3, 1e-5
BATCH_SIZE, EVALUATION_BATCH_SIZE = 256, 1024


@dataclass(frozen=True)
class Beginning:
    """What a training begins with.

    Attributes:
        root: the folder that holds `MNIST/raw`.
        encoder: from images to codes.
        decoder: from codes to logits of images.
        train: places of the images to train on.
        validation: places of the images held out.
        is_on_tensors: whether a `DataLoader` gets the images as one tensor, not picture by picture.
    """

    root: Path
    encoder: nn.Sequential
    decoder: nn.Sequential
    train: Tensor
    validation: Tensor
    is_on_tensors: bool

    def pixels(self) -> Tensor:
        """All training images, 0 to 255."""
        return MNIST(self.root, train=True).data[:, None]

    def images(self) -> tuple[Tensor, Tensor]:
        """The images to train on and those held out, 0 to 1."""
        images = self.pixels() / 255
        return images[self.train], images[self.validation]

    def datasets(self) -> tuple[Dataset[Any], Dataset[Any]]:
        """Pairs of an image and its class for a `DataLoader`, to train on and held out."""
        if self.is_on_tensors:
            train, validation = self.images()
            labels = MNIST(self.root, train=True).targets
            return (
                TensorDataset(train, labels[self.train]),
                TensorDataset(validation, labels[self.validation]),
            )
        pictures = MNIST(self.root, train=True, transform=ToTensor())
        return (
            Subset(pictures, self.train.tolist()),
            Subset(pictures, self.validation.tolist()),
        )


class Autoencoder(nn.Module):
    """Encoder, decoder and the sigmoid that makes images of logits."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, images: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder(self.encoder(images)))


def read_beginning(file: Path, root: Path, *, is_on_tensors: bool) -> Beginning:
    """What `frameworks.py` has written down: weights in the order of the layers, and the split."""
    written = torch.load(file)
    networks = {"encoder": _encoder(), "decoder": _decoder()}
    for name, network in networks.items():
        network.load_state_dict(dict(zip(network.state_dict(), written[name], strict=True)))
    return Beginning(
        root,
        **networks,
        train=written["train"],
        validation=written["validation"],
        is_on_tensors=is_on_tensors,
    )


def _encoder() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(288, 128),
        nn.ReLU(),
        nn.Linear(128, 16),
        nn.ReLU(),
        nn.Linear(16, 4),
    )


def _decoder() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(4, 16),
        nn.ReLU(),
        nn.Linear(16, 128),
        nn.ReLU(),
        nn.Linear(128, 288),
        nn.ReLU(),
        nn.Unflatten(1, (32, 3, 3)),
        nn.ConvTranspose2d(32, 16, 3, stride=2),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1),
    )
