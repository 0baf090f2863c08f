import json

import pytest

from framework.cli.main import main
from framework.runs.records import RunState


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name in ("alpha", "beta"):
        directory = tmp_path / name / f"0101-{name[:2]}"
        directory.mkdir(parents=True)
        meta = {"name": name, "num_epochs": 9, "seed": 4, "started": "2026"}
        (directory / "meta.json").write_text(json.dumps(meta))
        (directory / "state.json").write_text(json.dumps(RunState(status="finished").as_json()))
    monkeypatch.setenv("FRAMEWORK_RUNS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_report_of_a_run_is_written_into_it(root, capsys):
    assert main(["report", "alpha"]) == 0
    path = root / "alpha" / "0101-al" / "report.html"
    assert capsys.readouterr().out == f"{path}\n"
    assert "alpha" in path.read_text(encoding="utf-8")


def test_several_runs_are_compared(root, capsys):
    assert main(["report", "alpha", "beta"]) == 0
    assert capsys.readouterr().out == "comparison.html\n"
    assert main(["report", "alpha", "beta", "-o", "both.html", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["report"] == "both.html"
    assert answer["runs"] == [str(root / "alpha/0101-al"), str(root / "beta/0101-be")]
    assert (root / "both.html").read_bytes() == (root / "comparison.html").read_bytes()
    assert main(["report", "alpha", "beta", "-q"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("root")
def test_run_that_is_not_there_is_refused(capsys):
    assert main(["report", "alpha", "gamma"]) == 2
    assert "no run 'gamma'" in capsys.readouterr().err
    assert main(["report"]) == 2
