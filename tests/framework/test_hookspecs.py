"""Every kind of component has one hook, and every hook is documented where authors look."""

import inspect
import re
from pathlib import Path

import pytest

from framework import hookspecs
from framework.discovery import discover
from framework.hookspecs import KINDS, PROJECT_NAME

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")


def test_every_hook_serves_one_kind():
    marked = {name for name, value in vars(hookspecs).items() if is_hook(value)}
    assert marked == set(KINDS.values())
    assert len(KINDS.values()) == len(set(KINDS.values()))


@pytest.mark.parametrize("hook", KINDS.values())
def test_hook_takes_nothing_and_provides_nothing_by_itself(hook):
    specification = getattr(hookspecs, hook)
    assert not inspect.signature(specification).parameters
    assert specification() == {}


@pytest.mark.parametrize("hook", KINDS.values())
def test_hook_has_its_docstring_and_its_row_on_the_page(hook):
    assert inspect.getdoc(getattr(hookspecs, hook))
    assert re.search(rf"^\| `{hook}` \|", PAGE, flags=re.MULTILINE)


def test_registry_knows_exactly_these_kinds():
    assert discover(with_installed=False).kinds == tuple(KINDS)


def is_hook(value):
    return inspect.isfunction(value) and hasattr(value, f"{PROJECT_NAME}_spec")
