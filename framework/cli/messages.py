"""What the command line says: lines, tables and JSON on stdout, faults and warnings on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any, Literal

from framework.errors import Fault, FrameworkError, printable

Cell = str | int | float

_LARGEST_COUNT = 1e12


class UsageError(FrameworkError):
    """What was typed means nothing here."""

    exit_code = 2


def say(text: str = "") -> None:
    """Write a line to stdout at once."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line to stderr."""
    with suppress(BrokenPipeError):  # the exit code still tells
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()


def report(faults: Iterable[Fault], *, as_json: bool) -> None:
    """Write faults to stderr: a line each, or all of them as one JSON document."""
    if as_json:
        complain(json.dumps({"faults": [fault.as_json() for fault in faults]}, indent=2))
    else:
        complain("\n".join(str(fault) for fault in faults))


def say_json(document: Mapping[str, Any]) -> None:
    """Write a document as strict JSON, in which values that are not finite are null."""
    say(json_text(document))


def json_text(document: Mapping[str, Any]) -> str:
    """A document as strict JSON, in which values that are not finite are null."""
    return json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)


def say_facts(facts: Mapping[str, str | Sequence[str]]) -> None:
    """Write a label and a value a line; further values stand below the first, none is left out."""
    known = {label: value for label, value in facts.items() if value}
    width = max(map(len, known), default=0) + 2
    for label, value in known.items():
        for line, each in enumerate([value] if isinstance(value, str) else value):
            say(f"{'' if line else label:{width}}{each}")


def say_table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Write rows under headers; numbers are aligned at the right.

    A terminal gets a drawn table that fits its width, anything else plain aligned text.
    """
    is_number = [
        all(isinstance(row[place], int | float) for row in rows) for place in range(len(headers))
    ]
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _draw_table(headers, cells, is_number)
        return
    for line in ([*headers], *cells):
        say("  ".join(_padded(line, [[*headers], *cells], is_number)).rstrip())


def number_text(value: float) -> str:
    """A measured value with as many digits as are worth reading; a count in full."""
    is_count = float(value).is_integer() and abs(value) < _LARGEST_COUNT
    return f"{value:.0f}" if is_count else f"{value:.5g}"


def _draw_table(
    headers: Sequence[str], cells: Sequence[Sequence[str]], is_number: Sequence[bool]
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for place, (header, numeric) in enumerate(zip(headers, is_number, strict=True)):
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(header, justify=justify, overflow="fold", no_wrap=numeric or place == 0)
    for line in cells:
        table.add_row(*map(Text, line))
    Console(file=sys.stdout).print(table)


def _padded(
    line: Sequence[str], lines: Sequence[Sequence[str]], is_number: Sequence[bool]
) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    places = zip(line, widths, is_number, strict=True)
    return [text.rjust(w) if numeric else text.ljust(w) for text, w, numeric in places]


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return printable(value)
    return f"{value:,}" if isinstance(value, int) else number_text(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
