"""`framework doctor` ends with what is wrong."""

import json

import pytest

from framework.cli.main import main


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["table", "json"])
def test_doctor_tells_what_is_wrong_with_exit_code_7(tmp_path, monkeypatch, capsys, words):
    monkeypatch.setenv("FRAMEWORK_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert main(["doctor", "--runs-dir", str(tmp_path), *words]) == 7
    out, err = capsys.readouterr()
    assert "there is no such folder" in err
    assert "nothing is wrong" not in out
    if words:
        found = json.loads(out)["findings"]
        assert {"topic", "subject", "found", "problem", "remedy"} == found[0].keys()
        assert json.loads(err)["faults"][0]["identifier"] == "E003"
    else:
        assert "data: FRAMEWORK_DATA: error: there is no such folder; create it" in err
        (row,) = (line.split() for line in out.splitlines() if "FRAMEWORK_DATA" in line)
        assert row[2] == "wrong"
