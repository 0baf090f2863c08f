"""`framework apply` from files to files, and the exit code of all that can be wrong."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framework.cli.main import main

FAULTS = [
    ("apply {run} encodee a.png", 2, "U005"),
    ("apply {run} encode", 2, "U006"),
    ("apply {run} encode a.png -n 3", 2, "U006"),
    ("apply {run} generate -o x.csv", 2, "U007"),
    ("apply {run} reconstruct a.png", 2, "U007"),
    ("apply {run} generate -n 0 -o x.png", 2, "U001"),
    ("apply nothing encode a.png", 2, "U002"),
    ("apply {run} encode gone.png", 4, "D083"),
    ("apply {run} encode text.png", 4, "D083"),
    ("apply {run} decode a.png -o x.png", 4, "D083"),
    ("apply {run} encode shape.npy", 4, "D084"),
    ("apply {run} encode range.npy", 4, "D085"),
    ("apply {run} encode nothing_in_it", 4, "D032"),
    ("apply {run} reconstruct a.png -o there.png", 7, "S053"),
    ("apply {run} encode a.png --device cuda:99", 7, "E001"),
    ("apply {run} forget a.png b.png -o x.png", 8, "P011"),
    ("apply damaged encode a.png", 5, "C058"),
    ("apply weightless encode a.png", 5, "C067"),
]


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("a", "b", "there"):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(f"{name}.png")
    Path("text.png").write_text("no image")
    Path("nothing_in_it").mkdir()
    np.save("shape.npy", np.zeros((2, 7, 8)))
    np.save("range.npy", np.full((2, 8, 8), 255.0))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("line", "exit_code", "identifier"), FAULTS)
def test_fault_has_its_exit_code_and_writes_nothing(
    line, exit_code, identifier, trained, files, capsys
):
    for name in ("damaged", "weightless"):
        if name in line:
            shutil.copytree(trained, name)
    if Path("damaged").exists():
        Path("damaged/best.safetensors").write_bytes(b"")
    if Path("weightless").exists():
        Path("weightless/best.safetensors").unlink()
    before = {path: path.stat().st_mtime_ns for path in files.rglob("*")}
    assert main(line.format(run=trained).split()) == exit_code
    output = capsys.readouterr()
    assert output.out == ""
    assert f"[{identifier}]" in output.err
    assert {path: path.stat().st_mtime_ns for path in files.rglob("*")} == before


def test_numbers_are_printed_as_a_table(trained, capsys):
    assert main(["apply", str(trained), "classify", "a.png", "b.png"]) == 0
    output = capsys.readouterr()
    rows = list(csv.reader(output.out.splitlines()))
    assert rows[0] == ["image", "prediction", "rows", "columns", "diagonals", "checks"]
    assert [row[0] for row in rows[1:]] == ["a", "b"]
    assert output.err == ""


def test_images_go_where_output_says(trained, capsys):
    run = str(trained)
    assert main(["apply", run, "generate", "-n", "5", "-o", "many", "--seed", "3"]) == 0
    assert main(["apply", run, "reconstruct", "a.png", "-o", "there.png", "--overwrite", "-q"]) == 0
    assert main(["apply", run, "interpolate", "a.png", "b.png", "-o", "x.npy"]) == 0
    assert capsys.readouterr().out == "written: many (5 files)\nwritten: x.npy\n"
    assert len(list(Path("many").iterdir())) == 5
    assert np.load("x.npy").shape == (10, 1, 8, 8)


def test_json_is_one_document(trained, capsys):
    assert main(["apply", str(trained), "anomaly", "a.png", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == []
    assert document["answers"][0]["image"] == "a"
    assert 0 < document["answers"][0]["score"] < 1
    assert main(["apply", str(trained), "anomaly", "a.png", "-o", "x.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": ["x.csv"], "answers": []}


def test_changes_to_images_are_warnings(trained, capsys):
    Image.new("RGB", (20, 30)).save("photo.jpg")
    assert main(["apply", str(trained), "anomaly", "photo.jpg"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "warning: 1 image was made grey, namely photo.jpg (20x30 RGB)",
        "warning: 1 image was resized to 8x8, namely photo.jpg (20x30 RGB)",
    ]


def test_run_is_found_by_the_beginning_of_its_name(trained, capsys):
    root = str(trained.parents[1])
    assert main(["apply", "versatile", "encode", "a.png", "--runs-dir", root]) == 0
    assert capsys.readouterr().out.startswith("image,code-0,code-1,")
