"""Numbers, machines and tables as the page writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from reproduction.results import Measured


def number_text(value: float | None, *, in_percent: bool = False) -> str:
    """A measured number with four digits that count, or in percent with two decimals."""
    if value is None:
        return ""
    return f"{100 * value:.2f} %" if in_percent else f"{value:#.4g}"


def measured_text(measured: Measured | None, *, in_percent: bool = False) -> str:
    """A number, with its spread over seeds or folds."""
    if measured is None:
        return ""
    text = number_text(measured.value, in_percent=in_percent)
    if not measured.parts:
        return text
    sd = f"{100 * measured.sd:.2f} %" if in_percent else f"{measured.sd:.2g}"
    return f"{text} ± {sd} (mean ± sd of {measured.parts})"


def bound_text(value: float, *, in_percent: bool = False) -> str:
    """A number that was chosen, as it was written."""
    return f"{100 * value:g} %" if in_percent else f"{value:g}"


def machine_text(surroundings: Mapping[str, Any]) -> str:
    """A machine without its name: architecture, cores, threads, and a device that is no CPU."""
    cores, device = surroundings["num_cores"], surroundings["device"]
    words = [
        surroundings["machine"],
        None if cores is None else _counted(cores, "core"),
        _counted(surroundings["num_threads"], "thread"),
        None if device == "cpu" else device,
    ]
    return ", ".join(word for word in words if word)


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
