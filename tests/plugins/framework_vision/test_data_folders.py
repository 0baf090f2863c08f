"""Where data sets are looked for, and what is said of it."""

from framework_vision.data_folders import data_folder, holds_files, whereabouts_of


def test_named_folder_goes_before_variable_goes_before_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("FRAMEWORK_DATA", raising=False)
    assert data_folder(None) == tmp_path / "cache" / "ignite-framework"
    monkeypatch.setenv("FRAMEWORK_DATA", str(tmp_path / "variable"))
    assert data_folder(None) == tmp_path / "variable"
    assert data_folder(tmp_path / "root") == tmp_path / "root"


def test_whereabouts_tell_what_is_to_be_done(tmp_path):
    folder = tmp_path / "set"
    assert not holds_files(folder)
    absent = whereabouts_of(folder, is_there=False, can_fetch=True)
    assert absent == f"{folder}: not there, fetched when needed"
    assert "not to be fetched" in whereabouts_of(folder, is_there=False, can_fetch=False)
    folder.mkdir()
    (folder / "file").touch()
    assert holds_files(folder)
    assert "files are missing" in whereabouts_of(folder, is_there=False, can_fetch=True)
    assert whereabouts_of(folder, is_there=True, can_fetch=True) == str(folder)
