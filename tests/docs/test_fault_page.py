"""docs/faults.md has a row for every identifier that a fault can carry, and for no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
IDENTIFIER = re.compile(r"\"([A-Z]\d{3})\"")
ROW = re.compile(r"^\| `?([A-Z]\d{3})`? \|", re.MULTILINE)


def test_every_identifier_has_its_row():
    assert identifiers() - set(rows()) == set()


def test_every_row_has_its_fault():
    assert set(rows()) - identifiers() == set()


def test_rows_are_unique():
    assert sorted(set(rows())) == sorted(rows())


def identifiers() -> set[str]:
    """Every identifier in the source."""
    sources = [*(ROOT / "framework").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    return {name for path in sources for name in IDENTIFIER.findall(path.read_text("utf-8"))}


def rows() -> list[str]:
    return ROW.findall((ROOT / "docs" / "faults.md").read_text(encoding="utf-8"))
