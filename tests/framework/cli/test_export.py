"""`framework export` writes a folder and says what is in it."""

import json
import sys
from pathlib import Path

import pytest

from framework.cli.main import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_weights_and_card_are_the_default(trained, capsys):
    assert main(["export", str(trained), "-o", "given"]) == 0
    assert capsys.readouterr().out == "5 files written: given\n"
    assert {path.name for path in Path("given").iterdir()} >= {"README.md", "best.safetensors"}


@pytest.mark.slow
def test_programs_are_compared_with_the_original(trained, capsys):
    line = ["export", str(trained), "-o", "given", "--format", "torch", "--operation", "encode"]
    assert main(line) == 0
    assert capsys.readouterr().out.startswith("encode.pt2: differs from the original by ")
    assert main([*line, "--json"]) == 7
    assert json.loads(capsys.readouterr().err)["faults"][0]["identifier"] == "S053"


def test_packages_that_are_missing_are_named(trained, here, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert main(["export", str(trained), "-o", "given", "--format", "onnx"]) == 7
    assert "missing: onnxruntime; pip install 'ignite-framework[onnx]' [E002]" in (
        capsys.readouterr().err
    )
    assert list(here.iterdir()) == []


def test_json_is_one_document(trained, capsys):
    assert main(["export", str(trained), "-o", "given", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["folder"], document["programs"]) == ("given", [])


@pytest.mark.parametrize(
    ("line", "exit_code", "identifier"),
    [
        ("export {run}", 2, "U001"),
        ("export {run} -o x --format tflite", 2, "U001"),
        ("export {run} -o x --format torch --operation encod", 2, "U005"),
        ("export {run} -o x --operation interpolate", 2, "U005"),
        ("export nothing -o x", 2, "U002"),
        ("export {run} -o x --format torch --operation look_at_values", 8, "P014"),
    ],
)
def test_fault_has_its_exit_code_and_writes_nothing(
    line, exit_code, identifier, trained, here, capsys
):
    assert main(line.format(run=trained).split()) == exit_code
    assert f"[{identifier}]" in capsys.readouterr().err
    assert list(here.iterdir()) == []
