from importlib.metadata import version

from framework.cli.crashes import crash_fault


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_report_holds_command_versions_and_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fault = crash_fault(raised(KeyError("x")), ["run", "my recipe.yaml"])
    (report,) = tmp_path.iterdir()
    text = report.read_text()
    assert "command: framework run 'my recipe.yaml'" in text
    assert f"ignite-framework {version('ignite-framework')}, Python 3." in text
    assert "Traceback (most recent call last)" in text
    assert text.endswith("KeyError: 'x'\n")
    assert str(fault) == f"error: unexpected KeyError: 'x'; please report it with {report} [X001]"


def test_fault_is_one_line_and_never_empty(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert crash_fault(ValueError("one\ntwo"), []).message == "unexpected ValueError: one"
    assert crash_fault(EOFError(), []).message == "unexpected EOFError"


def test_folder_that_takes_no_report_is_no_second_crash(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert "--debug" in crash_fault(ValueError("x"), []).hint
