"""What can go wrong: faults that name place, value and way out, and each family's exit code."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, order=True)
class Position:
    """A place in a text file, lines and columns counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        identifier: stable name of this kind of fault, such as `R012`; see `docs/faults.md`.
        message: what is wrong, with the value found.
        key: the recipe's dotted key, such as `networks.encoder.latent_dim`; may be empty.
        place: position in a file, an override as it was typed, or a path; may be missing.
        hint: the way out, such as `did you mean 'bce'?`; may be empty.
    """

    identifier: str
    message: str
    key: str = ""
    place: Position | str | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = "" if self.place is None else f"{self.place}: "
        key = f"{self.key}: " if self.key else ""
        hint = f"; {self.hint}" if self.hint else ""
        return printable(f"{place}error: {key}{self.message}{hint} [{self.identifier}]")

    def as_json(self) -> dict[str, str | int]:
        """The fault as a flat mapping, for `--json`."""
        fields: dict[str, str | int] = {
            "identifier": self.identifier,
            "message": self.message,
            "key": self.key,
            "hint": self.hint,
        }
        if isinstance(self.place, Position):
            position = {"line": self.place.line, "column": self.place.column}
            return fields | {"file": self.place.file} | position
        return fields | ({} if self.place is None else {"place": self.place})


class FrameworkError(Exception):
    """A failure that the framework can explain; carries every fault that one stage found."""

    exit_code: ClassVar[int] = 1

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RecipeError(FrameworkError):
    """The recipe cannot be carried out as written."""

    exit_code = 3


class DataError(FrameworkError):
    """The data are missing, damaged or do not fit the recipe."""

    exit_code = 4


class CheckpointError(FrameworkError):
    """A run cannot be continued from what its directory holds."""

    exit_code = 5


class TrainingError(FrameworkError):
    """Training diverged or ran out of memory."""

    exit_code = 6


class StorageError(FrameworkError):
    """The disk, its permissions or the environment do not allow what is needed."""

    exit_code = 7


class PluginError(FrameworkError):
    """A plugin is broken, or two of them claim one name."""

    exit_code = 8


class SearchError(FrameworkError):
    """A search has ended without a trial that could be kept."""

    exit_code = 9


class RunLockedError(FrameworkError):
    """Another process is working in the same run directory."""

    exit_code = 75


class Infeasible(ValueError):  # noqa: N818  a verdict, not a mishap
    """A network that cannot exist, such as a convolution whose output would be empty.

    Networks raise it from their constructor, naming the layer and its input; the framework reports
    it as a fault of the recipe (R017) and a search treats it as an infeasible draw.
    """


def printable(text: str) -> str:
    r"""Text as it may be shown on a terminal, whoever has written it; it may have several lines.

    Control characters, which a terminal would obey, and those that turn the direction of text
    around are written as JSON writes them.

    >>> print(printable("a\x1b[2Jb"))
    a\u001b[2Jb
    """
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """Answer `did you mean 'x'?` for the nearest known name, or nothing when none is near.

    >>> nearest_hint("bcee", ["bce", "mse"])
    "did you mean 'bce'?"
    >>> nearest_hint("transformer", ["bce", "mse"])
    ''
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f"did you mean '{folded[matches[0]]}'?" if matches else ""
