"""What plugins provide and what they are given: the contracts of the core with its components."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from ignite.engine import Engine
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn
from torch.optim import Optimizer

from framework.lazy_images import LazyImages

SINGLE_OPTIMIZER = "main"
"""The name under which a recipe's only `optimizer:` is known to tasks."""


@dataclass(frozen=True, kw_only=True)
class DataInfo:
    """What is known of a data set before any of it is read.

    Attributes:
        image_shape: (channels, height, width) of one image.
        num_train: number of training images, validation images included.
        num_test: number of test images.
        num_classes: number of classes; 0 where there are no labels.
        class_names: a name per class, in the order of the labels; may be empty.
        value_range: smallest and largest value that a pixel can take when networks see it.
        left_out_classes: classes of which no image is among the training images, though the test
            images may hold some; `num_train` does not count them.
    """

    image_shape: tuple[int, int, int]
    num_train: int
    num_test: int
    num_classes: int = 0
    class_names: tuple[str, ...] = ()
    value_range: tuple[float, float] = (0.0, 1.0)
    left_out_classes: tuple[int, ...] = ()

    @property
    def num_features(self) -> int:
        """Number of values in one image: channels times height times width."""
        return prod(self.image_shape)


@dataclass(frozen=True)
class ImageSet:
    """Images with their labels, where there are any.

    Attributes:
        images: `uint8` pixels (0 to 255, mapped to the declared value range batch by batch), or
            floating point values that lie in the value range already; where they do not fit in
            memory, what reads them when a batch needs them.
        labels: class of each image, or None.
    """

    images: Shaped[Tensor, "batch channels height width"] | LazyImages
    labels: Int[Tensor, " batch"] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, places: Int[Tensor, " _"]) -> "ImageSet":
        """The images at these places, copied; those not read yet stay so."""
        images = self.images
        labels = None if self.labels is None else self.labels[places.to(self.labels.device)]
        if isinstance(images, LazyImages):
            return ImageSet(images.subset(places), labels)
        return ImageSet(images[places.to(images.device)], labels)

    def to(self, device: torch.device) -> "ImageSet":
        """The images on a device; the same memory where they are there, or are not read yet."""
        images = self.images if isinstance(self.images, LazyImages) else self.images.to(device)
        labels = None if self.labels is None else self.labels.to(device)
        return ImageSet(images, labels)


@dataclass(frozen=True)
class DataBundle:
    """A data set as loaded: what may be trained on, and the sealed test split.

    A fit is handed `train` only, so nothing that selects, stops or searches can read `test`; it is
    measured once, for the weights that are kept.
    """

    train: ImageSet
    test: ImageSet


class Dataset(ABC):
    """A data set, in two steps: what is cheap to know, and the images themselves."""

    @property
    @abstractmethod
    def info(self) -> DataInfo:
        """Shapes, counts and classes; cheap, and never downloads anything."""

    @abstractmethod
    def fingerprint(self) -> str:
        """A digest that changes when the data do; it may fetch data that are not there yet."""

    def whereabouts(self) -> str:
        """Where its files are, or that they are not there yet, in words; may be empty."""
        return ""

    @abstractmethod
    def load(self) -> DataBundle:
        """Read the images. The test split depends on nothing that a recipe sets, no seed either.

        Raises:
            DataError: files are missing or damaged; the message names the file and the way out.
        """


@dataclass(frozen=True)
class Batch:
    """Some images on the training device, in the declared value range.

    Attributes:
        images: the images, floating point.
        labels: their classes, or None.
        indices: their places in the split that they come from.
        prepared: what `Task.prepare` made of each image, where it makes anything.
    """

    images: Float[Tensor, "batch channels height width"]
    labels: Int[Tensor, " batch"] | None
    indices: Int[Tensor, " batch"]
    prepared: Shaped[Tensor, "batch *_"] | None = None

    def __len__(self) -> int:
        return len(self.images)


class Loss(nn.Module, ABC):
    """Compares predictions with targets; it never calls a model.

    Attributes:
        target_range: values that targets must lie in, checked against the data's declared range
            before anything is trained; None accepts any.
        num_passes: how many passes through the networks it scores, each fed with what the one
            before made of the images; where there are several, the prediction is their tuple.
    """

    target_range: ClassVar[tuple[float, float] | None] = None
    num_passes: int = 1

    @abstractmethod
    def forward(
        self, prediction: Float[Tensor, "batch *axes"], target: Shaped[Tensor, "batch *_"]
    ) -> Float[Tensor, ""]:
        """The mean loss over a batch. Reconstruction losses receive logits."""


@runtime_checkable
class Metric(Protocol):
    """A running measure of predictions against targets, as torchmetrics defines it."""

    def reset(self) -> None:
        """Forget everything."""

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Take one batch in."""

    def compute(self) -> Any:
        """The measure over all batches since the last reset, as one number."""


class Task(ABC):
    """Decides what a batch means: which losses it gives, and what is measured.

    A task is built from `data`, `networks` and `loss` by name, as its constructor asks for them.
    """

    @abstractmethod
    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield (optimizer, loss) pairs; the trainer steps each before it asks for the next.

        A task with one loss yields it under `SINGLE_OPTIMIZER`. Never yield inside
        `torch.no_grad()` or another global mode: the mode would stay on for the trainer. The same
        generator gives the validation losses, in eval mode and without gradients. A name that is
        yielded several times for a batch is stepped as often, and logged with its mean.
        """

    def terms(self) -> Mapping[str, Float[Tensor, ""]]:
        """Further scalars that belong to the loss which `losses` last yielded, by name.

        Such as the terms that it is a sum of. They are asked for after every yield, averaged over
        the epoch as losses are, and logged as `train/<name>` and `validation/<name>`.
        """
        return {}

    def prepare(self, batch: Batch, frozen: Collection[str]) -> Tensor | None:  # noqa: ARG002
        """What is computed once for each image of a fit, and given back as `batch.prepared`.

        A row per image, from the networks named in `frozen` alone, which stay as they are in the
        whole run; None where nothing is worth keeping. Images come without it too.
        """
        return None

    @abstractmethod
    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (prediction, target) for metrics: images in the value range, or probabilities."""

    def evaluations(self, batch: Batch) -> Mapping[str, tuple[Tensor, Tensor]]:
        """All that metrics measure, by name: what `evaluate` answers has the empty name.

        The metrics of any other are called `<name>/<metric>`: what to compare the first with.
        """
        return {"": self.evaluate(batch)}

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """What a trained task offers for use, by name, such as encode and reconstruct.

        A function takes images; an `Operation` says what it takes, and what it answers.
        """
        return {}


@runtime_checkable
class Run(Protocol):
    """What a handler may see and do while a fit goes on.

    Attributes:
        label: which of several trainings of one run this is, such as `fold 2`; else empty.
        task: the task in training.
        networks: the networks by name.
        optimizers: the optimizers by name.
        epoch: number of epochs completed; counts the current one from VALIDATING on.
        num_epochs: number of epochs asked for.
        metrics: the current epoch's row, such as `train/loss`, `validation/loss`, `lr`; handlers
            add to it up to SAVING, when it is written to `metrics.jsonl`.
        best: metric, mode, value and epoch of the best evaluation so far, or None.
        seconds: time spent training, over all attempts.
        directory: where the run keeps its files, or None for a fit in memory.
    """

    @property
    def label(self) -> str: ...

    @property
    def task(self) -> Task: ...

    @property
    def networks(self) -> Mapping[str, nn.Module]: ...

    @property
    def optimizers(self) -> Mapping[str, Optimizer]: ...

    @property
    def epoch(self) -> int: ...

    @property
    def num_epochs(self) -> int: ...

    @property
    def metrics(self) -> dict[str, float]: ...

    @property
    def best(self) -> Mapping[str, Any] | None: ...

    @property
    def seconds(self) -> float: ...

    @property
    def directory(self) -> Path | None: ...

    def stop(self, reason: str) -> None:
        """End training after this epoch as an early stop, for the reason given."""


class Handler(ABC):
    """Does something at events of a fit.

    A handler with state also has `state_dict()` and `load_state_dict(state)`, made of tensors and
    plain containers; the state is in every checkpoint.
    """

    @abstractmethod
    def attach(self, trainer: Engine, evaluator: Engine, run: Run) -> None:
        """Add event handlers to the engines: `trainer.add_event_handler(event, self._act, run)`."""
