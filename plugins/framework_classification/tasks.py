"""The task whose target is the class of an image."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from framework import (
    SINGLE_OPTIMIZER,
    Batch,
    DataInfo,
    Loss,
    Operation,
    Task,
    choose_chain,
    pass_through,
)

ChainNames = Annotated[tuple[str, ...], Field(min_length=1)]


class Classification(Task):
    """Images pass through a chain of networks, whose last answers a logit per class.

    What the networks at the beginning of the chain make of an image is computed once and kept
    where they stay frozen in the whole run.

    Args:
        data: the classes.
        networks: the networks by name, in the order of the recipe.
        loss: compares logits with classes.
        chain: names of the networks to pass, in order; by default all, as the recipe writes them.

    Raises:
        ValueError: the data have no classes, or `chain` names a network that does not exist.
    """

    def __init__(
        self,
        data: DataInfo,
        networks: Mapping[str, nn.Module],
        loss: Loss,
        *,
        chain: ChainNames | None = None,
    ) -> None:
        if data.num_classes == 0:
            raise ValueError("the data set has no classes to tell apart")
        self._num_classes = data.num_classes
        self._chain = choose_chain(networks, chain)
        self._loss = loss
        self._num_prepared = 0
        self._kept: tuple[Batch, Tensor] | None = None

    def prepare(self, batch: Batch, frozen: Collection[str]) -> Tensor | None:
        """The codes of the frozen networks at the beginning of the chain, if there are any."""
        self._num_prepared = 0
        for name in self._chain:
            if name not in frozen:
                break
            self._num_prepared += 1
        if self._num_prepared == 0:
            return None
        return pass_through([*self._chain.values()][: self._num_prepared], batch.images)

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the loss of the batch.

        Raises:
            ValueError: the chain does not end in a logit per class.
        """
        logits = self._logits(batch)
        # metrics of the same batch come next; without this a validation would cost twice the passes
        self._kept = None if logits.requires_grad else (batch, logits)
        yield SINGLE_OPTIMIZER, self._loss(logits, batch.labels)

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (probabilities, classes)."""
        if batch.labels is None:
            raise ValueError("these images have no classes")
        kept, self._kept = self._kept, None
        logits = kept[1] if kept and kept[0] is batch else self._logits(batch)
        return logits.softmax(1), batch.labels

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """`classify`, which answers probabilities, and `encode`, all but the last network."""
        networks = [*self._chain.values()]

        def classify(images: Tensor) -> Tensor:
            return pass_through(networks, images).softmax(1)

        whole = {"classify": Operation(classify, answers="probabilities")}
        if len(networks) == 1:
            return whole
        return whole | {"encode": lambda images: pass_through(networks[:-1], images)}

    def _logits(self, batch: Batch) -> Tensor:
        networks = [*self._chain.values()]
        if batch.prepared is not None:
            logits = pass_through(networks[self._num_prepared :], batch.prepared)
        else:
            logits = pass_through(networks, batch.images)
        if logits.ndim != 2 or logits.shape[1] != self._num_classes:  # noqa: PLR2004
            found = "x".join(map(str, logits.shape[1:]))
            raise ValueError(
                f"the chain {' -> '.join(self._chain)} answers {found} values per image, and there "
                f"are {self._num_classes} classes"
            )
        return logits
