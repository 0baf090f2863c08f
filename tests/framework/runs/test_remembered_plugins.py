"""A run directory from anywhere brings no code along that would be executed."""

import json
import shutil
from pathlib import Path

import pytest

from framework.application import run
from framework.errors import CheckpointError
from framework.runs.loading import load_run
from framework.runs.remembered_plugins import remembered_plugins

PLUGIN = "open(__file__ + '.executed', 'w').close()\n"


def test_files_elsewhere_are_remembered(tmp_path):
    files = [str(tmp_path / "mine.py"), "/somewhere/else.py"]
    remembered = remembered_plugins(tmp_path / "run", {"plugin_files": files})
    assert remembered == [Path(file) for file in files]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (None, "no list of paths, found None"),
        ("mine.py", "no list of paths, found 'mine.py'"),
        ([1], r"no list of paths, found \[1\]"),
        (["mine.py"], "would have 'mine.py' executed"),
        (["{run}/mine.py"], "run/mine.py' executed"),
        (["{run}/../run/sub/mine.py"], "run/sub/mine.py' executed"),
    ],
)
def test_what_comes_with_the_directory_is_refused(tmp_path, named, message):
    directory = tmp_path / "run"
    if isinstance(named, list):
        named = [
            str(file).format(run=directory) if isinstance(file, str) else file for file in named
        ]
    with pytest.raises(CheckpointError, match=message) as caught:
        remembered_plugins(directory, {"plugin_files": named})
    assert [fault.identifier for fault in caught.value.faults] == ["C076"]


def test_link_into_the_directory_is_refused(tmp_path):
    directory, link = tmp_path / "run", tmp_path / "link.py"
    directory.mkdir()
    link.symlink_to(directory / "mine.py")
    with pytest.raises(CheckpointError, match=r"link\.py"):
        remembered_plugins(directory, {"plugin_files": [str(link)]})


@pytest.mark.parametrize("use", [load_run, run])
def test_nothing_of_it_is_executed(trained, tmp_path, use):
    directory = Path(shutil.copytree(trained, tmp_path / "run"))
    plugin, state = directory / "evil.py", directory / "state.json"
    plugin.write_text(PLUGIN)
    meta = json.loads((directory / "meta.json").read_text())
    meta["plugin_files"].append(str(plugin))
    (directory / "meta.json").write_text(json.dumps(meta))
    state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "interrupted"}))
    with pytest.raises(CheckpointError, match="executed"):
        use(directory)
    assert not list(directory.glob("*.executed"))
