"""The contract with schedulers: what they are given, and what they do."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Horizon:
    """How far training goes, as a learning-rate scheduler sees it.

    Attributes:
        num_steps: number of iterations of the whole training.
        steps_per_epoch: number of iterations in one epoch.
    """

    num_steps: int
    steps_per_epoch: int


@runtime_checkable
class Scheduler(Protocol):
    """A schedule of an optimizer's learning rate, as `torch.optim.lr_scheduler` defines it.

    One with an attribute `monitor` is not told of steps: after every evaluation its `step` is given
    the value of the metric of that name.
    """

    def step(self) -> None:
        """Set the rate of the optimizer's next step."""

    def state_dict(self) -> dict[str, Any]:
        """What it remembers, as plain values."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state."""
