import json

import pytest

from framework.cli.main import main

PLUGIN = '''
from typing import Annotated
from pydantic import Field
from framework import hookimpl

class Halves:
    """Halves everything.

    Args:
        times: how often.
        exact: whether odd numbers are refused.
    """
    def __init__(self, data, *, times: Annotated[int, Field(ge=1)], exact: bool = False):
        pass

def plain():
    """Takes nothing."""

@hookimpl
def provide_metrics():
    return {"halves": Halves, "plain": plain}

@hookimpl
def provide_losses():
    return {"halves": plain}
'''


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "halving.py"
    path.write_text(PLUGIN)
    return str(path)


def test_list_shows_kind_name_plugin_and_description(plugin, capsys):
    assert main(["components", "list", "--kind", "metric", "--plugin", plugin]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["kind", "name", "plugin", "description"]
    assert ["metric", "halves", "halving", "Halves", "everything."] in map(str.split, lines)
    assert all(line.startswith("metric ") for line in lines)


def test_list_is_json(plugin, capsys):
    assert main(["components", "list", "--plugin", plugin, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["components"]
    own = [(each["kind"], each["name"]) for each in found if each["plugin"] == "halving"]
    assert own == [("loss", "halves"), ("metric", "halves"), ("metric", "plain")]
    assert {"figures", "torch", "vision", "autoencoders"} <= {each["plugin"] for each in found}


def test_describe_shows_every_kind_with_its_parameters(plugin, capsys):
    assert main(["components", "describe", "halves", "--plugin", plugin]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "loss halving:halves",
        "Takes nothing.",
        "",
        "takes: nothing",
        "",
        "",
        "metric halving:halves",
        "Halves everything.",
        "",
        "takes: data",
        "",
        "parameter  expected                  default     meaning",
        "times      an integer of at least 1  (required)  how often.",
        "exact      true or false             false       whether odd numbers are refused.",
    ]


def test_describe_takes_owner_and_kind(plugin, capsys):
    words = ["components", "describe", "halving:halves", "--kind", "metric", "--plugin", plugin]
    assert main([*words, "--json"]) == 0
    (description,) = json.loads(capsys.readouterr().out)["components"]
    assert description["summary"]["name"] == "halves"
    assert description["takes"] == ["data"]
    assert [row["name"] for row in description["parameters"]] == ["times", "exact"]


def test_describe_of_an_unknown_name_is_2_with_the_nearest(capsys):
    assert main(["components", "describe", "conv_encodr"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (
        "error: no component named 'conv_encodr'; did you mean 'conv_encoder'? [U004]\n"
    )
