"""Values over epochs as lines: training dashed, validation solid."""

from collections.abc import Mapping, Sequence
from math import isfinite, nan

from matplotlib.axes import Axes

HistoryRow = Mapping[str, int | float | None]  # JSON knows no NaN

SPLITS = {"train": "training", "validation": "validation"}
"""Split, as metrics begin with it → as people read it."""


def values_of(history: Sequence[HistoryRow], key: str) -> list[float]:
    """A metric's value per epoch; NaN, which leaves a gap, where there is no finite one."""
    values = (row.get(key) for row in history)
    return [nan if v is None or not isfinite(v) else float(v) for v in values]


def draw_curve(axes: Axes, split: str, name: str, values: Sequence[float], *, colour: str) -> None:
    """Draw the values of a split, one per epoch, as a line that the legend names."""
    axes.plot(
        range(1, len(values) + 1),
        values,
        color=colour,
        linewidth=1.8,
        linestyle="solid" if split == "validation" else (0, (4, 1.5)),
        marker="o" if len(values) == 1 else None,
        label=f"{name}, {SPLITS[split]}" if name else SPLITS[split],
        solid_capstyle="round",
    )
