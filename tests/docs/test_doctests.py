"""Examples in docstrings do what they show."""

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sources() -> Iterator[tuple[str, Path]]:
    """Import name and path of every module."""
    for folder in (ROOT, ROOT / "plugins"):
        for path in sorted(folder.glob("framework*/**/*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), path


def examples() -> Iterator[tuple[str, str, int]]:
    """Module, docstring and line of every docstring with an example."""
    for module, path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                docstring = ast.get_docstring(node) or ""
                if ">>>" in docstring:
                    yield module, docstring, node.body[0].lineno


EXAMPLES = list(examples())


def test_examples_are_found():
    assert "framework.errors" in {module for module, _, _ in EXAMPLES}


@pytest.mark.parametrize(
    ("module", "docstring", "line"), EXAMPLES, ids=lambda value: str(value)[:40]
)
def test_example_does_what_it_shows(module, docstring, line):
    assert failures(docstring, vars(importlib.import_module(module)), module, line) == ""


def test_a_wrong_example_is_noticed():
    assert "Expected" in failures(">>> 1 + 1\n3\n", {}, "nowhere", 1)


def failures(docstring: str, names: dict, module: str, line: int) -> str:
    """What went wrong.

    Parsed here: `doctest` does not find functions that the checks of shapes have wrapped.
    """
    parser = doctest.DocTestParser()
    example = parser.get_doctest(docstring, dict(names), module, module, line)
    report: list[str] = []
    doctest.DocTestRunner().run(example, out=report.append)
    return "".join(report)
