"""The look that all figures share: white ground, quiet axes, colours everybody can tell apart."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

DOTS_PER_INCH = 150
INK = "#222222"
MUTED = "#666666"
RULE = "#e3e3e3"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Source: M. Okabe, K. Ito, 2008, Color universal design; without its black and yellow."""


def make_drawing(width_pixels: int, height_pixels: int) -> Figure:
    """Make an empty picture of this size, without pyplot: no global state, safe in threads."""
    size = (width_pixels / DOTS_PER_INCH, height_pixels / DOTS_PER_INCH)
    return Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white")


def calm(axes: Axes) -> None:
    """Leave of the frame only the base line, and of the grid only faint horizontals."""
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, labelsize=10, labelcolor=MUTED, pad=6)
    axes.tick_params(axis="x", length=3, color=MUTED)


def count_epochs(axes: Axes, num_epochs: int) -> None:
    """Let the horizontal axis show whole epochs, from the first to the last."""
    margin = min(0.02 * num_epochs, 0.9)  # no room for a tick at 0
    axes.set_xlim(1 - margin, num_epochs + margin)
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=10, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    )
    axes.set_xlabel("epoch", color=MUTED, fontsize=11, labelpad=6)


def put_legend(axes: Axes) -> None:
    """Name the curves in a line above the right end of the axes."""
    num_curves = len(axes.get_legend_handles_labels()[1])
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=max(2, (num_curves + 1) // 2),
        frameon=False,
        fontsize=10,
        labelcolor=INK,
        handlelength=2.4,
        borderaxespad=0.2,
    )


def mark_epoch(axes: Axes, epoch: int, note: str) -> None:
    """Draw a faint vertical at an epoch, with a note at its top on the side that has more room."""
    axes.axvline(epoch, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
    left, right = axes.get_xlim()
    is_late = epoch > (left + right) / 2
    axes.annotate(
        note,
        (epoch, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if is_late else 6, -4),
        textcoords="offset points",
        ha="right" if is_late else "left",
        va="top",
        color=INK,
        fontsize=10,
        linespacing=1.4,
        path_effects=[withStroke(linewidth=4, foreground="white")],
    )


def write_label(drawing: Figure, label: str, note: str, *, at_pixels: tuple[int, int]) -> None:
    """Write a label with a quieter note below it, left-aligned and centred on a height.

    Args:
        drawing: the picture.
        label: first line.
        note: second line; may be empty.
        at_pixels: place from the left and from the bottom.
    """
    width, height = drawing.get_size_inches() * DOTS_PER_INCH
    x, y = at_pixels[0] / width, at_pixels[1] / height
    drawing.text(x, y, label, color=INK, fontsize=10, va="bottom" if note else "center")
    drawing.text(x, y - 3 / height, note, color=MUTED, fontsize=8.5, va="top")


def write_caption(drawing: Figure, text: str, colour: str, *, at_pixels: tuple[int, int]) -> None:
    """Write a few small words, centred on a place from the left and standing on a height.

    Args:
        drawing: the picture.
        text: the words.
        colour: what they are written in.
        at_pixels: place from the left and from the bottom.
    """
    width, height = drawing.get_size_inches() * DOTS_PER_INCH
    x, y = at_pixels[0] / width, at_pixels[1] / height
    drawing.text(x, y, text, color=colour, fontsize=7.5, ha="center", va="bottom")
