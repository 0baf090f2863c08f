import os

import pytest

from framework.executors.folders import Changes, changes_since, make_changes, marks_of


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "there"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "state.json").write_text("1")
    (folder / "checkpoints" / "1.pt").write_bytes(b"\x00one")
    (folder / "recipe.yaml").write_text("name: a")
    return folder


def test_folder_becomes_what_the_other_has_become(folder, tmp_path):
    home = tmp_path / "home"
    changes, seen = changes_since({}, folder)
    make_changes(home, changes)
    assert contents(home) == contents(folder)
    (folder / "checkpoints" / "2.pt").write_bytes(b"two")
    (folder / "checkpoints" / "1.pt").unlink()
    os.utime(folder / "checkpoints" / "2.pt", ns=(1, 1))
    (folder / "state.json").write_text("2")
    changes, seen = changes_since(seen, folder)
    assert list(changes.files) == ["checkpoints/2.pt", "state.json"]  # in the order of writing
    assert list(changes.removed) == ["checkpoints/1.pt"]
    make_changes(home, changes)
    assert contents(home) == contents(folder)
    assert changes_since(seen, folder) == (Changes({}, []), seen)


def test_what_is_replaced_by_as_many_bytes_at_the_same_time_is_seen(folder):
    seen = marks_of(folder)
    time = (folder / "state.json").stat().st_mtime_ns
    (folder / "new").write_text("2")
    os.utime(folder / "new", ns=(time, time))
    (folder / "new").replace(folder / "state.json")
    changes, _ = changes_since(seen, folder)
    assert changes.files == {"state.json": b"2"}


def test_links_locks_and_files_being_written_do_not_travel(folder, tmp_path):
    (tmp_path / "secret").write_text("x")
    before = marks_of(folder)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "run.lock").touch()
    (folder / ".tmp-state.json-12").touch()
    (folder / ".tmp-draft").mkdir()
    (folder / ".tmp-draft" / "meta.json").touch()
    assert marks_of(folder) == before


def test_what_others_keep_in_the_folder_is_left_alone(folder, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "trial-0001").write_text("of another worker")
    changes, seen = changes_since({}, folder)
    make_changes(home, changes)
    (folder / "recipe.yaml").unlink()
    changes, _ = changes_since(seen, folder)
    make_changes(home, changes)
    assert (home / "trial-0001").exists()
    assert not (home / "recipe.yaml").exists()


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
