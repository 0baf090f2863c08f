import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from framework.cli.main import main
from framework.runs.records import list_runs

SUPPORT = Path(__file__).parents[2] / "support"
TINY = [str(SUPPORT / "tiny.yaml"), "--plugin", str(SUPPORT / "tiny_images.py")]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_run_tells_each_epoch_and_ends_with_its_result(capsys):
    assert main(["run", *TINY, "training.num_epochs=2"]) == 0
    output = capsys.readouterr()
    (record,) = list_runs(Path("runs"))
    assert output.err == ""
    assert not re.search(r"[\x1b\r]", output.out)
    lines = output.out.splitlines()
    assert [line for line in lines if re.match(r"epoch 1/2  train/loss ", line)]
    assert [line for line in lines if re.match(r"epoch 2/2  .* best .* \(epoch \d\)  ", line)]
    assert "status    finished after 2 of 2 epochs" in lines
    assert f"run       {record.directory}" in lines
    assert f"pictures  {record.pictures[0]}" in lines
    assert {line.split()[0] for line in lines if line} >= {"loss", "largest_error"}


def test_finished_run_is_shown_again_and_new_trains_again(capsys):
    assert main(["run", *TINY, "training.num_epochs=1"]) == 0
    capsys.readouterr()
    assert main(["run", *TINY, "training.num_epochs=1"]) == 0
    again = capsys.readouterr().out
    assert again.startswith("this run is over already; --new trains again\n")
    assert "status    finished after 1 of 1 epochs\n" in again
    assert len(list_runs(Path("runs"))) == 1
    assert main(["run", *TINY, "training.num_epochs=1", "--new"]) == 0
    assert len(list_runs(Path("runs"))) == 2


def test_json_is_one_document_and_nothing_else(capsys):
    assert main(["run", *TINY, "training.num_epochs=1", "--json"]) == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert output.err == ""
    assert document["status"] == "finished"
    assert document["test"].keys() >= {"loss", "largest_error"}
    assert Path(document["directory"]).is_dir()
    assert any(document["directory"] in line for line in document["announced"])


def test_quiet_run_says_nothing(capsys):
    assert main(["run", *TINY, "training.num_epochs=1", "-q", "--runs-dir", "elsewhere"]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(list_runs(Path("elsewhere"))) == 1


def test_drawn_seed_is_announced(capsys):
    assert main(["run", *TINY, "training.num_epochs=1", "seed=null"]) == 0
    (record,) = list_runs(Path("runs"))
    assert f"{record.seed} was drawn" in capsys.readouterr().out


def test_run_directory_is_taken_for_a_recipe(capsys):
    assert main(["run", *TINY, "training.num_epochs=1", "-q"]) == 0
    (record,) = list_runs(Path("runs"))
    assert main(["run", str(record.directory)]) == 0
    assert f"run       {record.directory}\n" in capsys.readouterr().out


@pytest.mark.slow
def test_training_goes_on_when_nobody_reads_any_more(here):
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-m", "framework", "run", *TINY, "training.num_epochs=3"],
        cwd=here,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")
    (record,) = list_runs(here / "runs")
    assert (record.status, record.epoch) == ("finished", 3)


def test_a_tracker_that_is_not_there_is_refused_where_it_was_typed(capsys):
    assert main(["run", *TINY, "--track", "wandbb"]) == 3
    message = capsys.readouterr().err
    assert "--track wandbb: error: trackers.0: no tracker named 'wandbb'" in message
    assert "did you mean 'wandb'?" in message
