"""How classes are named and coloured."""

from collections.abc import Sequence
from difflib import get_close_matches

from matplotlib import colormaps
from matplotlib.colors import to_hex

from framework import DataInfo

CLASS_PALETTE = (
    "#276fd0",
    "#d79723",
    "#29b69b",
    "#c54a00",
    "#b695ff",
    "#36278c",
    "#642909",
    "#85e4fa",
    "#894d7f",
    "#cddf56",
)
"""Ten colours, sought so that the two most alike differ as much as possible in OKLab, as seen with
normal vision, deuteranopia, protanopia and tritanopia: by 0.12 (by 0.06 in Petroff's sequence of
2021, and by 0.01 in matplotlib's own).

Source: B. Ottosson, A Perceptual Color Space for Image Processing, 2020. G. M. Machado et al., A
Physiologically-based Model for Simulation of Color Vision Deficiency, 2009, table 1.
"""


def class_names(data: DataInfo) -> list[str]:
    """A name per class, as a picture shows it; where the data have none, `class 0` and so on."""
    return [drawable(name) for name in plain_class_names(data)]


def drawable(name: str) -> str:
    """A name that somebody gave to a folder, as matplotlib can draw it.

    It takes what stands between two dollars for mathematics, and has no picture of what cannot be
    printed.
    """
    printed = name if name.isprintable() else repr(name)[1:-1]
    return printed.replace("$", r"\$")


def plain_class_names(data: DataInfo) -> list[str]:
    """A name per class, as the data have it."""
    named = data.class_names[: data.num_classes]
    return [*named, *(f"class {label}" for label in range(len(named), data.num_classes))]


def class_colours(num_classes: int) -> Sequence[str]:
    """A colour per class: ten that everybody can tell apart, or as many shades as are needed."""
    if num_classes <= len(CLASS_PALETTE):
        return CLASS_PALETTE[:num_classes]
    shades = colormaps["turbo"]
    return [to_hex(shades(label / (num_classes - 1))) for label in range(num_classes)]


def class_label(named: str | int, data: DataInfo) -> int:
    """The label of a class that is given by its name or by its label.

    Raises:
        ValueError: there is no such class; the message says which one may be meant.
    """
    names = plain_class_names(data)
    if isinstance(named, int) and 0 <= named < len(names):
        return named
    if named in names:
        return names.index(str(named))
    found = named if isinstance(named, int) else f"'{named}'"
    if not names:
        raise ValueError(f"there is no class {found}: the data have no labels")
    near = get_close_matches(str(named), names, n=1)
    listed = ", ".join(f"{label} '{name}'" for label, name in enumerate(names))
    hint = f"did you mean '{near[0]}'?" if near else f"the classes are {listed}"
    raise ValueError(f"there is no class {found}; {hint}")
