"""When one epoch is better than another."""

import math
from dataclasses import dataclass
from typing import Literal

Mode = Literal["min", "max"]


@dataclass(frozen=True)
class Monitor:
    """A metric to watch, and the direction in which it improves."""

    metric: str
    mode: Mode

    def improves(self, value: float, on: float | None, *, min_delta: float = 0.0) -> bool:
        """Tell whether `value` beats `on` by more than `min_delta`.

        A value that is not finite never does; any finite value beats None.
        """
        if not math.isfinite(value):
            return False
        if on is None:
            return True
        return value < on - min_delta if self.mode == "min" else value > on + min_delta
