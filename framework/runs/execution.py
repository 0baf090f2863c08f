"""With what, where and how a plan is carried out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from framework.contracts import DataBundle
from framework.recipe.plans import Plan
from framework.runs.inheritance import Inheritance
from framework.runs.interruption import Interruption
from framework.runs.options import Options
from framework.runs.tracking import RunTracking


@dataclass(frozen=True)
class Execution:
    """What every training of one command shares.

    Attributes:
        bundle: the data; one copy of the training images, on the device already.
        device: where to train.
        options: how.
        interruption: whether a signal has asked for the end.
        inheritance_of: what a training takes over from runs that it needs.
        fingerprint: what identifies the data.
        label: which part of a run is being carried out, such as `seed 1`; empty for the whole.
        is_trial: whether it is a trial of a search, which neither sees the test images nor draws.
        tracking: the trackers of all of its runs.
    """

    bundle: DataBundle
    device: torch.device
    options: Options
    interruption: Interruption
    inheritance_of: Callable[[Plan], Inheritance] = lambda _plan: Inheritance()
    fingerprint: str = ""
    label: str = ""
    is_trial: bool = False
    tracking: RunTracking = field(default_factory=RunTracking)

    def labelled(self, label: str) -> str:
        """Name a training within this part, such as `seed 1, fold 2`."""
        return ", ".join(filter(None, (self.label, label)))
