"""`framework runs compare` puts recipes and measurements side by side."""

import json

import pytest

from framework.cli.main import main
from framework.runs.records import RunState

RESOLVED = "format: 1\nname: {name}\nloss: {{type: {loss}}}\noptimizer: {{type: adam, lr: {lr}}}\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Three runs: on the same data with another rate, and on other data."""
    for name, lr, value, data in (
        ("a", 0.1, 0.5, "x"),
        ("b", 0.2, 0.25, "x"),
        ("c", 0.1, 1.0, "y"),
    ):
        directory = tmp_path / name / f"0101-{name * 3}"
        directory.mkdir(parents=True)
        meta = {"name": name, "num_epochs": 9, "seed": 4, "started": "2026", "num_parameters": 7}
        meta |= {"data_fingerprint": data, "directions": {"mse": "min"}}
        (directory / "meta.json").write_text(json.dumps(meta))
        state = RunState(status="finished", test={"mse": value})
        (directory / "state.json").write_text(json.dumps(state.as_json()))
        (directory / "resolved.yaml").write_text(RESOLVED.format(name=name, loss="mse", lr=lr))
    monkeypatch.setenv("FRAMEWORK_RUNS", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("root")
def test_two_runs_are_compared_with_the_change(capsys):
    assert main(["runs", "compare", "a", "b"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["recipe a b", "optimizer.lr 0.1 0.2"]
    assert "measured a b change" in lines
    assert "test/mse 0.5 0.25 * 50 % lower" in lines
    assert "parameters 7 7" in lines


@pytest.mark.usefixtures("root")
def test_runs_on_other_data_are_shown_without_a_best(capsys):
    assert main(["runs", "compare", "a", "b", "c"]) == 0
    output = capsys.readouterr().out
    assert "the data are not the same" in output
    assert "*" not in output
    assert "change" not in output


def test_runs_that_say_the_same_do_so(root, capsys):
    path = str(root / "a/0101-aaa")
    assert main(["runs", "compare", path, path]) == 0
    assert "the recipes say the same" in capsys.readouterr().out


@pytest.mark.usefixtures("root")
def test_comparison_is_json(capsys):
    assert main(["runs", "compare", "a", "b", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["recipe"] == [{"key": "optimizer.lr", "values": ["0.1", "0.2"]}]
    mse = {"name": "test/mse", "values": [0.5, 0.25], "direction": "min", "best": [1]}
    assert mse in document["values"]
    assert document["has_same_data"]
    assert document["runs"]["a"]["test"] == {"mse": 0.5}


@pytest.mark.usefixtures("root")
def test_one_run_cannot_be_compared(capsys):
    assert main(["runs", "compare", "a"]) == 2
    assert "name two runs or more" in capsys.readouterr().err
