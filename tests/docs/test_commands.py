"""Commands in the README and on the pages exist, with the options shown."""

import re
import shlex
from pathlib import Path

import click
import pytest

from framework.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][\w-]*):", MAKEFILE, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_exist(page):
    found = [complaint for line in commands(page.read_text("utf-8")) for complaint in faults(line)]
    assert found == []


def test_commands_are_found():
    lines = [line for page in PAGES for line in commands(page.read_text("utf-8"))]
    assert len([line for line in lines if line.startswith("framework ")]) > 10
    assert len([line for line in lines if line.startswith("make ")]) > 3


def test_help_of_make_names_targets_that_are_there():
    assert set(re.findall(r"^# +make (\w+)", MAKEFILE, flags=re.MULTILINE)) <= TARGETS


@pytest.mark.parametrize(
    "line",
    ["make nothing", "framework nothing", "framework recipes nothing", "framework run x --nothing"],
)
def test_a_command_that_is_not_there_is_noticed(line):
    assert faults(line)


def commands(text: str) -> list[str]:
    """Lines of shell blocks and code within sentences that call make or framework."""
    blocks = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines += re.findall(r"`([^`\n]+)`", prose)
    return [line for line in lines if line.startswith(("make ", "framework "))]


def faults(line: str) -> list[str]:
    program, *words = shlex.split(line, comments=True)
    if program == "make":
        named = [word for word in words if "=" not in word]
        return [f"no target in the Makefile: {line}" for word in named if word not in TARGETS]
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        if name not in command.commands:
            return [f"no command '{name}': {line}"]
        command = command.commands[name]
    options = {name for option in command.params for name in option.opts}
    unknown = [word for word in words if word.startswith("-") and word not in options]
    return [f"no option {word}: {line}" for word in unknown]
