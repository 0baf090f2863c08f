"""What a schedule sets in which epoch."""

from collections.abc import Callable, Mapping
from math import cos, pi

import numpy as np

from framework.recipe.blocks import Schedule

_COURSES: Mapping[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "step": lambda _: 0.0,  # it waits for the next point
    "cosine": lambda share: (1 - cos(pi * share)) / 2,
}
"""Shape → share of the epochs between two points → share of the way between their values."""


def value_at(schedule: Schedule, epoch: int) -> float:
    """The value of a schedule in an epoch; before the first and after the last point, theirs.

    Args:
        schedule: points in the order of their epochs, and the shape between them.
        epoch: number of the epoch, from 1.
    """
    epochs, values = zip(*schedule.points, strict=True)
    numbers = range(len(epochs))
    number, share = divmod(float(np.interp(epoch, epochs, numbers)), 1)
    return float(np.interp(number + _COURSES[schedule.shape](share), numbers, values))
