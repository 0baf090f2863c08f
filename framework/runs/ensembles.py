"""Several trained tasks that answer together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from framework.contracts import Batch, Task
from framework.seeding import seed_generators


class Ensemble(Task):
    """Answers the mean of its members' predictions; its losses are the means of theirs.

    A loss of the mean prediction is not known to the core, which never sees what a loss is given.

    Args:
        members: tasks in eval mode, all of one kind.
        device: where they are.
    """

    def __init__(self, members: Sequence[Task], device: torch.device) -> None:
        self._members = list(members)
        self._device = device
        self._terms: Mapping[str, Float[Tensor, ""]] = {}

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the mean of the members' losses, one after the other."""
        answers = [_answers(member, batch) for member in self._each_with_same_noise()]
        for answer in zip(*answers, strict=True):
            names, losses, terms = zip(*answer, strict=True)
            self._terms = {t: _mean([each[t] for each in terms]) for t in terms[0]}
            yield names[0], _mean(losses)

    def terms(self) -> Mapping[str, Float[Tensor, ""]]:
        """The means of the members' terms."""
        return self._terms

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (mean prediction, target)."""
        return self.evaluations(batch)[""]

    def evaluations(self, batch: Batch) -> Mapping[str, tuple[Tensor, Tensor]]:
        """Answer the mean of the members' predictions under each name."""
        answers: list[Mapping[str, Any]] = [
            member.evaluations(batch) for member in self._each_with_same_noise()
        ]
        return {
            name: (_mean([answer[name][0] for answer in answers]), target)
            for name, (_, target) in answers[0].items()
        }

    def _each_with_same_noise(self) -> Iterator[Task]:
        seed = torch.default_generator.initial_seed()
        for member in self._members:
            seed_generators(seed, self._device)
            yield member


def _answers(
    member: Task, batch: Batch
) -> list[tuple[str, Float[Tensor, ""], Mapping[str, Float[Tensor, ""]]]]:
    return [(name, loss, dict(member.terms())) for name, loss in member.losses(batch)]


def _mean(values: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(values)).mean(0)
