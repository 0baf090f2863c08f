"""What an attacker could hand over: nothing in it is executed, and no file is written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiers import scaled

from framework.errors import CheckpointError, DataError, RecipeError, printable

pytestmark = pytest.mark.slow

NUM_RUNS = scaled(fast=5, default=20, push=10_000, nightly=10_000)
PROGRAM = Path(__file__).with_name("malicious_inputs.py")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What came of all attacks, in one process, which takes seconds to start."""
    folder = tmp_path_factory.mktemp("attacked") / "folder"
    folder.mkdir()
    command = [sys.executable, "-B", "-W", "ignore", str(PROGRAM), str(folder), str(NUM_RUNS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    beside = [path.name for path in folder.parent.iterdir()]
    return json.loads(done.stdout) | {"beside": beside}


def test_nothing_is_executed_and_no_file_written(report):
    assert report["events"] == []
    assert not report["is_canary_dead"]
    assert report["beside"] == ["folder"]


def test_malicious_checkpoint_is_refused(report):
    codes = {name: found.get("exit_code", found) for name, found in report["files"].items()}
    assert len(codes) >= 48
    assert {n: code for n, code in codes.items() if code != CheckpointError.exit_code} == {}


def test_malicious_recipe_is_answered_as_documented(report):
    answers = {
        name: (found.get("identifiers", found.get("raised", "harmless")), found["expected"])
        for name, found in report["recipes"].items()
    }
    assert len(answers) >= 100
    assert {name: each for name, each in answers.items() if each[0] != each[1]} == {}


def test_malicious_recipe_is_not_run_by_any_way(report):
    assert len(report["runs"]) >= min(NUM_RUNS, 95)
    codes = {name: set(codes) for name, codes in report["runs"].items()}
    missing_data = {"text that is a page": {DataError.exit_code}}
    assert {
        n: c for n, c in codes.items() if c != missing_data.get(n, {RecipeError.exit_code})
    } == {}
    assert not report["has_run"]


def test_refusal_says_nothing_that_a_terminal_obeys(report):
    words = [found.get("words", "") for found in report["recipes"].values()]
    assert [each for each in words if each != printable(each)] == []
    assert any("\\u001b]0;owned" in each for each in words)
