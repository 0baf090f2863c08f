"""A plugin in one file with all that a tiny but complete run needs, for tests that kill runs.

Its networks draw noise and dropout masks and keep running statistics, its handler has state and
its figure needs snapshots: whatever a resume could lose is there to be lost.
"""

import hashlib
import sys
import time
from collections.abc import Mapping
from typing import Annotated, BinaryIO

import torch
from ignite.engine import Engine, Events
from pydantic import Field
from torch import Tensor, nn

from framework import (
    DataBundle,
    DataInfo,
    Dataset,
    Figure,
    FinishedRun,
    FitEvents,
    Handler,
    ImageSet,
    Run,
    fingerprint_of,
    hookimpl,
)

_SIDE = 8
_NUM_CLASSES = 4
_NUM_TRAIN = 256
_NUM_TEST = 64


class TinyImages(Dataset):
    """320 images of 8x8 pixels: stripes and checks of four kinds, shifted, dimmed and noisy."""

    @property
    def info(self) -> DataInfo:
        """Counts, shape and classes."""
        return DataInfo(
            image_shape=(1, _SIDE, _SIDE),
            num_train=_NUM_TRAIN,
            num_test=_NUM_TEST,
            num_classes=_NUM_CLASSES,
            class_names=("rows", "columns", "diagonals", "checks"),
        )

    def fingerprint(self) -> str:
        """A digest of all images and labels."""
        return fingerprint_of(*_drawn())

    def load(self) -> DataBundle:
        """Draw the images, always the same."""
        images, labels = _drawn()
        return DataBundle(
            train=ImageSet(images[:_NUM_TRAIN], labels[:_NUM_TRAIN]),
            test=ImageSet(images[_NUM_TRAIN:], labels[_NUM_TRAIN:]),
        )


def _drawn() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(8)
    num_images = _NUM_TRAIN + _NUM_TEST
    labels = torch.arange(num_images) % _NUM_CLASSES
    shifts = torch.randint(4, (num_images, 1, 1), generator=generator)
    rows, columns = torch.meshgrid(torch.arange(_SIDE), torch.arange(_SIDE), indexing="ij")
    kinds = torch.stack([rows, columns, rows + columns, 2 * (rows // 2) + 2 * (columns // 2)])
    bright = ((kinds[labels] + shifts) % 4 < 2).to(torch.float32)
    dimmed = bright * (0.5 + 0.4 * torch.rand(num_images, 1, 1, generator=generator))
    noisy = dimmed + 0.1 * torch.rand(bright.shape, generator=generator)
    return (noisy * 255).to(torch.uint8).unsqueeze(1), labels


class NoisyEncoder(nn.Module):
    """Two linear layers around a batch normalisation; in training its input is disturbed.

    Args:
        data: what is known of the images.
        latent_dim: number of values in the latent code.
        noise: standard deviation of the noise added to the pixels in training.
        dropout: probability that a hidden value is set to zero in training.
    """

    def __init__(
        self,
        data: DataInfo,
        *,
        latent_dim: Annotated[int, Field(ge=1)] = 6,
        noise: Annotated[float, Field(ge=0)] = 0.1,
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2,
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self._noise = noise
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(data.num_features, 32),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(32, latent_dim),
        )

    def forward(self, images: Tensor) -> Tensor:
        """The latent codes of images."""
        if self.training:
            images = images + self._noise * torch.randn_like(images)
        return self.layers(images)


class LinearDecoder(nn.Module):
    """One linear layer from the latent code to the logits of an image.

    Args:
        data: what is known of the images.
        encoder: the network whose codes are decoded.
    """

    def __init__(self, data: DataInfo, encoder: nn.Module) -> None:
        super().__init__()
        self.layer = nn.Linear(encoder.latent_dim, data.num_features)
        self.shape = data.image_shape

    def forward(self, codes: Tensor) -> Tensor:
        """The logits of the images that latent codes stand for."""
        return self.layer(codes).unflatten(1, self.shape)


class LargestError:
    """The largest deviation of any pixel."""

    def __init__(self) -> None:
        self._largest = 0.0

    def reset(self) -> None:
        """Forget everything."""
        self._largest = 0.0

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Take one batch in."""
        self._largest = max(self._largest, float((prediction - target).abs().max()))

    def compute(self) -> float:
        """The largest deviation since the last reset."""
        return self._largest


class Cooling(Handler):
    """Multiplies learning rates after each epoch, by less and less; how often is its state.

    Args:
        factor: the first factor.
    """

    def __init__(self, *, factor: Annotated[float, Field(gt=0, lt=1)] = 0.8) -> None:
        self._factor = factor
        self._num_times = 0

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Cool down after every evaluation."""
        trainer.add_event_handler(FitEvents.VALIDATED, self._cool, run)

    def _cool(self, run: Run) -> None:
        self._num_times += 1
        for optimizer in run.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] *= self._factor ** (1 / self._num_times)

    def state_dict(self) -> dict[str, int]:
        """How often it has cooled."""
        return {"num_times": self._num_times}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Take over a state."""
        self._num_times = state["num_times"]


class Pause(Handler):
    """Makes iterations take a while, so that a test can reach into one.

    Args:
        seconds: how long.
        after_epoch: the epochs up to this one run at full speed.
    """

    def __init__(
        self,
        *,
        seconds: Annotated[float, Field(ge=0)] = 0.0,
        after_epoch: Annotated[int, Field(ge=0)] = 0,
    ) -> None:
        self._seconds = seconds
        self._after_epoch = after_epoch

    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:  # noqa: ARG002
        """Pause as an iteration begins, and say so."""
        trainer.add_event_handler(Events.ITERATION_STARTED, self._pause, run)

    def _pause(self, run: Run) -> None:
        if run.epoch >= self._after_epoch:
            sys.stdout.write("pausing\n")
            sys.stdout.flush()
            time.sleep(self._seconds)


class WeightDigests(Figure):
    """Shows no more than a digest of the weights at some epochs and of those kept.

    Args:
        at_epochs: the epochs; 0 is untrained.
    """

    def __init__(self, *, at_epochs: tuple[int, ...] = (0, 3)) -> None:
        self.epochs = at_epochs

    def draw(self, run: FinishedRun) -> "_Text":
        """A line for each of the epochs, and one for the weights kept."""
        batch = run.batch(range(8))
        tasks = {epoch: run.task(epoch) for epoch in (*self.epochs, None)}
        predictions = {e: t.evaluate(batch)[0] for e, t in tasks.items() if t is not None}
        lines = [f"{epoch} {fingerprint_of(values)}" for epoch, values in predictions.items()]
        return _Text("\n".join([*lines, f"kept {run.kept_epoch} of {len(run.history)}"]))


class _Text:
    def __init__(self, text: str) -> None:
        self._data = text.encode()

    def savefig(self, fname: BinaryIO, *, format: str) -> None:  # noqa: A002
        """Write a digest of the text and the text."""
        fname.write(f"{format} {hashlib.sha256(self._data).hexdigest()}\n".encode() + self._data)


@hookimpl
def provide_datasets() -> Mapping[str, type[Dataset]]:
    """The images."""
    return {"tiny_images": TinyImages}


@hookimpl
def provide_networks() -> Mapping[str, type[nn.Module]]:
    """An encoder that a resume can spoil, and its decoder."""
    return {"noisy_encoder": NoisyEncoder, "linear_decoder": LinearDecoder}


@hookimpl
def provide_metrics() -> Mapping[str, type[LargestError]]:
    """A metric without torchmetrics, which takes seconds to import."""
    return {"largest_error": LargestError}


@hookimpl
def provide_handlers() -> Mapping[str, type[Handler]]:
    """A schedule with state, and a brake."""
    return {"cooling": Cooling, "pause": Pause}


@hookimpl
def provide_figures() -> Mapping[str, type[Figure]]:
    """A figure that needs snapshots and no matplotlib."""
    return {"weight_digests": WeightDigests}
