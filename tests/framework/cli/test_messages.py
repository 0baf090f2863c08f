import io
import json
import re
import sys
from math import inf, nan

import pytest

from framework.cli.messages import complain, number_text, report, say_facts, say_json, say_table
from framework.errors import Fault, Position


class Terminal(io.StringIO):
    """A terminal of 80 columns, in memory."""

    def isatty(self):
        return True


def test_faults_stand_on_a_line_each(capsys):
    faults = [
        Fault("R004", "no such key 'a'", place=Position("r.yaml", 2, 1), hint="did you mean 'b'?"),
        Fault("R010", "missing", key="loss"),
    ]
    report(faults, as_json=False)
    assert capsys.readouterr().err == (
        "r.yaml:2:1: error: no such key 'a'; did you mean 'b'? [R004]\n"
        "error: loss: missing [R010]\n"
    )


def test_faults_are_one_document_in_json(capsys):
    report([Fault("R004", "no such key", place=Position("r.yaml", 2, 1))], as_json=True)
    output = capsys.readouterr()
    assert output.out == ""
    assert json.loads(output.err) == {
        "faults": [
            {
                "identifier": "R004",
                "message": "no such key",
                "key": "",
                "hint": "",
                "file": "r.yaml",
                "line": 2,
                "column": 1,
            }
        ]
    }


def test_json_is_strict(capsys):
    say_json({"a": nan, "b": [inf, 1.5, {"c": -inf}], "d": ("ä", None, True)})
    text = capsys.readouterr().out
    assert json.loads(text, parse_constant=pytest.fail) == {
        "a": None,
        "b": [None, 1.5, {"c": None}],
        "d": ["ä", None, True],
    }


def test_json_holds_nothing_that_a_terminal_obeys(capsys):
    document = {"class": "\x1b[2J \x9b \u202e é"}
    say_json(document)
    written = capsys.readouterr().out
    assert json.loads(written) == document
    assert "é" in written
    assert not {"\x1b", "\x9b", "\u202e"} & set(written)


def test_facts_are_aligned_and_empty_ones_left_out(capsys):
    say_facts({"run": "runs/a", "kept": "", "pictures": ["a.png", "b.png"]})
    assert capsys.readouterr().out == "run       runs/a\npictures  a.png\n          b.png\n"


def test_table_is_plain_and_aligned_in_a_pipe(capsys):
    say_table(["name", "count"], [["a", 5], ["longer", 12345]])
    assert capsys.readouterr().out == "name     count\na            5\nlonger  12,345\n"


def test_table_without_rows_has_its_headers(capsys):
    say_table(["name", "count"], [])
    assert capsys.readouterr().out == "name  count\n"


def test_table_on_a_terminal_loses_nothing(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    say_table(["run", "best"], [["[bold]quickstart/1[/bold]", "word " * 40]])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    assert max(map(len, lines)) <= 80
    assert "[bold]quickstart/1[/bold]" in terminal.getvalue()
    assert sum(line.count("word") for line in lines) == 40


@pytest.mark.parametrize(
    ("value", "text"), [(0.0312345678, "0.031235"), (15.0, "15"), (1e-9, "1e-09"), (nan, "nan")]
)
def test_numbers_are_short(value, text):
    assert number_text(value) == text


def test_complaint_survives_a_reader_that_is_gone(monkeypatch):
    class Gone(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    complain("nobody hears this")
