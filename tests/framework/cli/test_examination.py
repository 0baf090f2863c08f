"""What the doctor finds, and what it says of it."""

import os
from importlib.metadata import version

import pytest
import torch

from framework.cli import examination
from framework.cli.examination import examine

BROKEN = """
from framework import DataInfo, Dataset, DataError, Fault, Tracker, hookimpl

class Damaged(Dataset):
    @property
    def info(self):
        raise DataError(Fault("D027", "cut off", place="here.bin", hint="replace it"))
    def fingerprint(self): return ""
    def load(self): return None
    def whereabouts(self): return "here.bin"

class Hostile(Damaged):
    def whereabouts(self): raise RuntimeError("no\\nluck")

class Leaving(Tracker):
    def outlook(self): raise SystemExit(3)
    def start(self, run): return ""
    def log(self, values, *, iteration, epoch): pass
    def finish(self, summary, *, status): pass

@hookimpl
def provide_datasets(): return {"damaged": Damaged, "hostile": Hostile}

@hookimpl
def provide_trackers(): return {"leaving": Leaving}

@hookimpl
def provide_losses(): return {"closed": "no_such_module:Loss"}
"""


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What is found beside a plugin that is wrong, on a machine that is right but for that."""
    folder = tmp_path_factory.mktemp("doctor")
    plugin = folder / "broken.py"
    plugin.write_text(BROKEN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEWORK_DATA", str(folder / "nowhere"))
        patch.setenv("WANDB_MODE", "offline")
        return {(f.topic, f.subject): f for f in examine(folder / "runs" / "deep", [plugin])}


@pytest.mark.slow
def test_all_topics_are_looked_at(findings):
    topics = {topic for topic, _ in findings}
    assert topics >= {"versions", "device", "threads", "disk", "plugins", "data", "trackers"}
    assert findings["versions", "torch"].found == version("torch")
    assert findings["extras", "onnx"].found
    assert not findings["disk", "runs"].problem
    assert "components" in findings["plugins", "vision"].found
    assert "offline" in findings["trackers", "wandb"].found
    assert "fetched when needed" in findings["data", "mnist"].found


def test_only_what_is_wrong_is_a_problem(findings):
    wrong = {key: f.problem for key, f in findings.items() if f.problem}
    ours = {key: text for key, text in wrong.items() if key[0] in {"data", "plugins"}}
    assert ours.keys() == {
        ("data", "FRAMEWORK_DATA"),
        ("data", "damaged"),
        ("data", "hostile"),
        ("plugins", "broken"),
    }
    assert ours["data", "damaged"] == "here.bin: cut off"
    assert "no_such_module" in ours["plugins", "broken"]
    assert findings["data", "damaged"].remedy == "replace it"


def test_what_a_plugin_raises_is_a_problem_and_no_end(findings):
    assert findings["data", "hostile"].problem == "it cannot be looked at (RuntimeError: no luck)"
    assert findings["trackers", "leaving"].problem == "it cannot be looked at (SystemExit: 3)"


@pytest.mark.parametrize("inner", ["", "x", "x/y"])
def test_file_in_the_place_of_a_folder_is_a_problem(tmp_path, inner):
    file = tmp_path / "runs"
    file.touch()
    found = next(iter(examination._disk(file / inner)))
    assert found.problem == f"{file} is no folder"
    assert "--runs-dir" in found.remedy


def test_more_threads_than_cores_are_a_problem(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 10_000)
    (found,) = examination._threads()
    assert f"OMP_NUM_THREADS={len(os.sched_getaffinity(0))}" in found.remedy


def test_folder_that_takes_no_files_is_a_problem(tmp_path, monkeypatch):
    def refuse(_descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    found = next(iter(examination._disk(tmp_path / "runs")))
    assert f"{tmp_path} takes no files" in found.problem
    assert "--runs-dir" in found.remedy
