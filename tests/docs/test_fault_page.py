"""docs/faults.md has a row for every identifier that a fault can carry, and tests for each."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
IDENTIFIER = re.compile(r"\"([A-Z]\d{3})\"")
ROW = re.compile(r"^\| `?([A-Z]\d{3})`? \|", re.MULTILINE)
NUMBERED = re.compile(r"^\| (\d+)[a-d]? \|.*\| (.*) \|$", re.MULTILINE)
LAST_FAULT = 82


def test_every_identifier_has_its_row():
    assert identifiers() - set(rows()) == set()


def test_every_row_has_its_fault():
    assert set(rows()) - identifiers() == set()


def test_rows_are_unique():
    assert sorted(set(rows())) == sorted(rows())


def test_every_fault_has_tests_that_exist():
    numbered = NUMBERED.findall(PAGE.read_text(encoding="utf-8"))
    assert {int(number) for number, _ in numbered} == {*range(1, LAST_FAULT + 1)}
    named = {test for _, tests in numbered for test in re.findall("`(.+?)`", tests)}
    assert [test for test in sorted(named) if not exists(test)] == []
    assert all("`" in tests for _, tests in numbered)


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    return path.is_file() and (not name or f"def {name}(" in path.read_text(encoding="utf-8"))


def identifiers() -> set[str]:
    """Every identifier in the source."""
    sources = [*(ROOT / "framework").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    return {name for path in sources for name in IDENTIFIER.findall(path.read_text("utf-8"))}


def rows() -> list[str]:
    return ROW.findall(PAGE.read_text(encoding="utf-8"))
