"""Names of classes, written where most of their points lie."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from sklearn.neighbors import NearestNeighbors

from framework_figures.style import INK

_FONT_SIZE = 10
_MOST_POINTS = 2_000
_MOST_ROUNDS = 200


def name_regions(
    axes: Axes,
    points: Float[np.ndarray, "batch 2"],
    labels: Int[np.ndarray, " batch"],
    names: Sequence[str],
) -> None:
    """Write the name of each class where it has most of its neighbourhood to itself.

    Names that would overlap give way up and down. To be called once everything else is drawn: the
    room that names take is measured in the finished layout.
    """
    texts = [
        axes.text(
            points[place, 0],
            points[place, 1],
            names[label],
            ha="center",
            va="center",
            fontsize=_FONT_SIZE,
            fontweight="bold",
            color=INK,
            path_effects=[withStroke(linewidth=3, foreground="white", alpha=0.85)],
        )
        for label, place in purest_places(points, labels).items()
    ]
    _part(axes, texts)


def purest_places(
    points: Float[np.ndarray, "batch 2"], labels: Int[np.ndarray, " batch"]
) -> dict[int, int]:
    """Of each class the place of the point with the most of its own class among its neighbours.

    Neighbours are half as many as a class has points on average; of equals, the point whose
    neighbours lie nearest. Where there are many points, 2000 of them are looked at.
    """
    looked_at = np.random.default_rng(0).permutation(len(points))[:_MOST_POINTS]
    points, labels = points[looked_at], labels[looked_at]
    classes = np.unique(labels)
    num_neighbours = max(1, len(points) // (2 * len(classes)))
    search = NearestNeighbors(n_neighbors=num_neighbours).fit(points)
    distances, neighbours = search.kneighbors(points)
    purity = (labels[neighbours] == labels[:, None]).mean(axis=1)
    best_first = np.lexsort((distances[:, -1], -purity))
    return {
        int(label): int(looked_at[best_first[labels[best_first] == label][0]]) for label in classes
    }


def _part(axes: Axes, texts: Sequence[Text]) -> None:
    """Move names up and down until no two of them share a place."""
    drawing = axes.get_figure(root=True)
    if drawing is None:
        return
    drawing.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    centres = np.array([[(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2] for box in boxes])
    sizes = np.array([[box.width, box.height] for box in boxes])
    for _ in range(_MOST_ROUNDS):
        if not _push(centres, sizes):
            break
    for text, place in zip(texts, axes.transData.inverted().transform(centres), strict=True):
        text.set_position(place)


def _push(centres: Float[np.ndarray, "_ 2"], sizes: Float[np.ndarray, "_ 2"]) -> bool:
    """Push every overlapping pair a little apart; answer whether there was one."""
    has_pushed = False
    for one, other in combinations(range(len(centres)), 2):
        overlap = (sizes[one] + sizes[other]) / 2 - np.abs(centres[one] - centres[other])
        if (overlap > 0).all():
            lower, upper = sorted((one, other), key=lambda index: centres[index][1])
            centres[lower][1] -= overlap[1] / 2 + 0.5
            centres[upper][1] += overlap[1] / 2 + 0.5
            has_pushed = True
    return has_pushed
