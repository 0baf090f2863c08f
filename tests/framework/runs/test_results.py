"""What a finished run leaves to be kept says what it was, and nothing of the machine's folders."""

import json
import re
import shlex
from dataclasses import replace

import pytest

from framework.runs.records import read_meta, read_run
from framework.runs.results import FILE, FORMAT, command_of, result_of, write_result


@pytest.fixture(scope="module")
def record(carried_out_in, tmp_path_factory):
    return carried_out_in(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def record_of_seeds(carried_out_in, tmp_path_factory):
    return carried_out_in(tmp_path_factory.mktemp("runs"), "seed=null", "seeds=[0, 1]")


def test_finished_run_leaves_its_result(record):
    written = json.loads((record.directory / FILE).read_text())
    assert written == result_of(read_run(record.directory))
    assert written["format"] == FORMAT


def test_result_says_what_was_run_and_what_came_of_it(record):
    result = result_of(record)
    assert (result["name"], result["seed"], result["status"]) == ("tiny", 4, "finished")
    assert (result["epochs"], result["num_epochs"]) == (2, 2)
    assert result["kept_epoch"] in {1, 2}
    assert result["values"].keys() >= {"validation/loss", "test/loss", "test/largest_error"}
    assert result["seconds"] > 0
    assert result["num_parameters"] > 0
    assert result["parts"] == result["spreads"] == {}
    assert result["surroundings"]["num_threads"] == 1


@pytest.mark.slow
def test_result_of_several_seeds_has_all_of_them_and_their_spread(record_of_seeds):
    result = json.loads((record_of_seeds.directory / FILE).read_text())
    assert list(result["parts"]) == ["seed-0", "seed-1"]
    first, second = (part["test/loss"] for part in result["parts"].values())
    assert first != second
    assert result["spreads"]["test/loss"]["mean"] == pytest.approx((first + second) / 2)
    assert result["spreads"]["test/loss"]["sd"] == pytest.approx(abs(first - second) / 2**0.5)
    parts = [
        json.loads((part / FILE).read_text()) for part in record_of_seeds.directory.glob("s*-?")
    ]
    assert {part["seed"] for part in parts} == {0, 1}


def test_result_holds_no_folder_and_no_host(record):
    result = result_of(record)
    text = json.dumps(result | {"command": ""})
    assert re.findall(r'"[/~][^"]*"', text) == []
    assert "host" not in result["surroundings"]
    assert "platform" not in result["surroundings"]


def test_result_tells_the_numbers_of_figures(record):
    told = replace(record, figure_values={"scores": {"auroc": 0.75, "gap": None}})
    assert result_of(told)["figures"] == {"scores": {"auroc": 0.75, "gap": None}}


def test_result_says_the_status_that_is_about_to_be_recorded(record, tmp_path):
    for name in ("state.json", "meta.json"):
        (tmp_path / name).write_bytes((record.directory / name).read_bytes())
    write_result(tmp_path, status="early_stopped")
    assert json.loads((tmp_path / FILE).read_text())["status"] == "early_stopped"
    assert read_run(tmp_path).status == "finished"


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (["/venv/bin/framework", "run", "mnist/basic"], "framework run mnist/basic"),
        (["__main__.py", "run", "x.yaml", "seeds=[0, 1]"], "framework run x.yaml 'seeds=[0, 1]'"),
        ([], "framework"),
    ],
)
def test_command_reads_as_it_would_be_typed(typed, command):
    assert command_of({"command": typed}) == command


def test_command_of_a_run_is_that_of_its_record(record):
    assert (
        shlex.split(result_of(record)["command"])[1:] == read_meta(record.directory)["command"][1:]
    )
