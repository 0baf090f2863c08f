"""What docs/apply.md shows works as it stands."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framework.application import run
from framework.cli.main import main
from framework.runs.loading import load_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "apply.md").read_text(encoding="utf-8")
SHORT = ["training={num_epochs: 1, batch_size: 500}", "figures=[]", "metrics=[]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a short quickstart run and two photographs."""
    folder = tmp_path_factory.mktemp("page")
    run("quickstart", overrides=SHORT, runs_directory=folder / "runs", device="cpu")
    (folder / "photos").mkdir()
    for name in "ab":
        Image.new("RGB", (60, 40), "red").save(folder / "photos" / f"{name}.png")
    return folder


@pytest.fixture(autouse=True)
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_commands_of_the_page_run(capsys):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert lines[0] == "framework run quickstart"
    for line in lines[1:]:
        assert main(shlex.split(line)[1:]) == 0, line
    assert capsys.readouterr().out.count("image,score\na,") == 1
    assert np.load("codes.npy").shape == (2, 16)
    assert len(list(Path("decoded").iterdir())) == 2
    assert {"README.md", "best.safetensors"} <= {file.name for file in Path("model").iterdir()}
    assert Path("programs/encode.pt2").is_file()


def test_python_of_the_page_runs(folder, capsys):
    (code,) = blocks("python")
    (directory,) = (folder / "runs" / "quickstart").iterdir()
    shown = re.search(r'load_run\("(.*?)"\)', code)[1]
    names: dict = {}
    exec(code.replace(shown, str(directory)), names)  # noqa: S102  the page's own code
    assert names["restored"].shape == (3, 1, 28, 28)
    assert names["between"].shape == (5, 1, 28, 28)
    assert names["scores"].shape == (3,)
    assert "interpolate" in capsys.readouterr().out


def test_operations_of_the_table_are_said_rightly(folder):
    (directory,) = (folder / "runs" / "quickstart").iterdir()
    loaded = load_run(directory, device="cpu")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+ \| \w+) \|", PAGE, flags=re.MULTILINE))
    for name, operation in loaded.operations.items():
        takes = operation.takes.replace("_", " ")
        assert rows[name] == f"{takes} | {loaded.answers(name)}"
