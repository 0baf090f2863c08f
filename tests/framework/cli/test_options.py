import click
import pytest

from framework.cli.main import cli


def leaves(command, path=()):
    children = getattr(command, "commands", {})
    if not children:
        yield " ".join(path), command
    for name, child in children.items():
        yield from leaves(child, (*path, name))


COMMANDS = dict(leaves(cli))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_speaks_json_and_shows_tracebacks(path):
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert {"--json", "--debug"} <= options


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_is_explained(path):
    options = [each for each in COMMANDS[path].params if isinstance(each, click.Option)]
    assert all(option.help for option in options)


def test_all_commands_are_there():
    assert list(COMMANDS) == [
        "run",
        "check",
        "runs list",
        "runs show",
        "runs sync",
        "runs compare",
        "report",
        "recipes list",
        "recipes copy",
        "components list",
        "components describe",
        "apply",
        "export",
        "job",
        "schema",
        "search best",
        "search trials",
        "doctor",
    ]
