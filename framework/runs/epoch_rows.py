"""What a training wrote down after each of its epochs."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]
"""Numbers by column; what was not finite is None."""

_TOO_LARGE = 2**63


def read_rows(directory: Path) -> list[Row]:
    """The rows of `metrics.jsonl`, oldest first; none where there is no such file.

    A line that is no row is left out: of a killed process the last one, or somebody else's.
    """
    path = directory / "metrics.jsonl"
    if not path.is_file():
        return []
    rows = map(_read, path.read_bytes().splitlines())
    return [row for row in rows if _is_row(row)]


def _read(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_row(value: Any) -> bool:
    is_row = isinstance(value, dict) and isinstance(value.get("epoch"), int)
    return is_row and all(map(_is_number, value.values()))


def _is_number(value: Any) -> bool:
    is_integer = isinstance(value, int) and abs(value) < _TOO_LARGE
    return value is None or isinstance(value, float) or is_integer
