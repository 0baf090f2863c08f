"""What a figure is given of a finished run, and what it gives back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from torch import nn

from framework.contracts import Batch, DataInfo, ImageSet, Task


@dataclass(frozen=True)
class LayerRow:
    """One layer as the dry run met it.

    Attributes:
        network: the network's name in the recipe.
        layer: dotted name inside the network.
        kind: class of the layer.
        input_shape: shape of its input without the batch.
        output_shape: shape of its output without the batch.
        num_parameters: number of trainable values of its own.
    """

    network: str
    layer: str
    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    num_parameters: int


@runtime_checkable
class FinishedRun(Protocol):
    """What a figure may read once a run is over.

    Attributes:
        data: what is known of the data set.
        history: one row per epoch, oldest first, as in `metrics.jsonl`; a value that was not
            finite is None.
        kept_epoch: the epoch whose weights were kept.
        num_epochs: number of epochs carried out.
        train_set: the training images, validation images included.
        test_set: the test images, for looking at; of a fold, which never sees those, the images
            that validated it.
        layers: the layers of all networks, in the order in which images meet them.
    """

    @property
    def data(self) -> DataInfo: ...

    @property
    def history(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def kept_epoch(self) -> int: ...

    @property
    def num_epochs(self) -> int: ...

    @property
    def train_set(self) -> ImageSet: ...

    @property
    def test_set(self) -> ImageSet: ...

    @property
    def layers(self) -> Sequence[LayerRow]: ...

    def batch(self, indices: Sequence[int], split: Literal["train", "test"] = "test") -> Batch:
        """The images at these places of a split as a batch on the run's device."""

    def task(self, epoch: int | None = None) -> Task | None:
        """The task in eval mode, with the weights kept, or with those of `epoch`.

        None where that epoch's weights were not stored: a figure names the epochs it needs in
        `epochs`, and a run that ends sooner does not reach them.
        """

    def networks(self, epoch: int | None = None) -> Mapping[str, nn.Module] | None:
        """The networks by name, in eval mode and without gradients, as `task` has them."""


@runtime_checkable
class Picture(Protocol):
    """Anything that can be saved as a picture; matplotlib's figures can."""

    def savefig(self, fname: Any, *, format: str) -> None:  # noqa: A002  matplotlib's word
        """Write the picture."""


class Figure(ABC):
    """Draws one picture of a finished run.

    Attributes:
        epochs: epochs after which the run must keep its weights for this figure; 0 is untrained.
    """

    epochs: Sequence[int] = ()

    @abstractmethod
    def draw(self, run: FinishedRun) -> Picture:
        """Draw the picture; the caller saves it."""

    def values(self, run: FinishedRun) -> Mapping[str, float]:  # noqa: ARG002
        """Numbers that belong to the picture, asked for once it is drawn.

        They are stored beside it as `figures/<name>.json` and are part of the run's result.
        """
        return {}
