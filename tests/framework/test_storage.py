"""Writes are all or nothing, in the order that survives a kill."""

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from framework import storage
from framework.errors import RunLockedError, StorageError
from framework.storage import (
    append_line,
    cut_back,
    exclusive_lock,
    make_draft,
    make_folder,
    missing_guarantees,
    remove_temporary_files,
    sha256_of,
    this_process,
    write_durably,
    write_json,
)


def test_write_durably_replaces_and_answers_the_digest(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    assert write_durably(path, b"new") == sha256_of(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_write_durably_syncs_file_before_rename_and_folder_after(tmp_path, monkeypatch):
    trace = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor):
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        trace.append("fsync folder" if is_folder else "fsync file")
        real_fsync(descriptor)

    def replace(source, target):
        trace.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_durably(tmp_path / "file", b"data")
    assert trace == ["fsync file", "rename", "fsync folder"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_write_durably_keeps_the_old_file_when_the_disk_fails(tmp_path, monkeypatch, code):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fails(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", fails)
    with pytest.raises(StorageError) as caught:
        write_durably(path, b"new" * 1_000_000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    if code == errno.ENOSPC:
        assert "need 3.0 MB" in str(caught.value)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_file_system_that_cannot_sync_is_told_of_and_written_to(tmp_path, monkeypatch, code):
    def refuses(_):
        raise OSError(code, os.strerror(code))

    assert missing_guarantees(tmp_path) == []
    monkeypatch.setattr(os, "fsync", refuses)
    write_durably(tmp_path / "file", b"data")
    append_line(tmp_path / "log", "a line", at_bytes=0)
    assert (tmp_path / "file").read_bytes() == b"data"
    (told,) = missing_guarantees(tmp_path)
    assert told.startswith(f"{tmp_path} cannot be forced to the disk")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_file_system_without_locks_is_told_of_and_worked_in(tmp_path, monkeypatch, code):
    def refuses(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuses)
    with exclusive_lock(tmp_path / "run.lock"):
        assert (tmp_path / "run.lock").exists()
    (told,) = missing_guarantees(tmp_path)
    assert told.startswith(f"{tmp_path} cannot be locked")


def test_folder_that_another_process_has_locked_lacks_nothing(tmp_path):
    with exclusive_lock(tmp_path):
        assert missing_guarantees(tmp_path) == []


_LIMITED = """
import resource, sys
from pathlib import Path
from framework.storage import write_durably
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
write_durably(Path(sys.argv[1]), b"x" * 4_200_000)
"""


def test_write_durably_names_the_limit_on_file_sizes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    result = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=False
    )
    assert "need 4.2 MB, have 0.1; make room" in result.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_durably_writes_on_after_a_short_write(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda d, data: real(d, bytes(data[:3])))
    write_durably(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_write_durably_replaces_a_link_and_not_its_target(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_durably(link, b"new")
    assert target.read_bytes() == b"precious"
    assert not link.is_symlink()


def test_missing_folder_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="S051"):
        write_durably(tmp_path / "gone" / "file", b"data")


def test_append_line_overwrites_what_lies_beyond_its_offset(tmp_path):
    path = tmp_path / "log"
    size = append_line(path, "one", at_bytes=0)
    append_line(path, "two", at_bytes=size)
    assert append_line(path, "2", at_bytes=size) == 6
    assert path.read_text() == "one\n2\n"


def test_cut_back_shortens_only(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"abcdef")
    cut_back(path, to_bytes=10)
    assert path.read_bytes() == b"abcdef"
    cut_back(path, to_bytes=2)
    assert path.read_bytes() == b"ab"
    cut_back(tmp_path / "missing", to_bytes=1)


def test_remove_temporary_files_leaves_the_rest(tmp_path):
    (tmp_path / ".tmp-a").touch()
    (tmp_path / "a").touch()
    (tmp_path / ".tmp-trial-0000" / "figures").mkdir(parents=True)
    (tmp_path / ".tmp-link").symlink_to(tmp_path / "b")
    (tmp_path / "b").mkdir()
    remove_temporary_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_make_draft_syncs_every_file_and_then_the_folder_once(tmp_path, monkeypatch):
    trace, real_fsync = [], os.fsync

    def fsync(descriptor):
        trace.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    make_draft(tmp_path / "draft", {"a": b"1", "b": b""}, ["figures", "snapshots"])
    assert trace == ["a", "b", "draft"]
    found = sorted(path.name for path in (tmp_path / "draft").iterdir())
    assert found == ["a", "b", "figures", "snapshots"]
    assert (tmp_path / "draft" / "a").read_bytes() == b"1"


def test_make_draft_names_the_file_that_the_disk_does_not_take(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(StorageError, match="no space left") as caught:
        make_draft(tmp_path / "draft", {"weights": b"1"}, [])
    assert caught.value.faults[0].place == str(tmp_path / "draft" / "weights")


def test_make_folder_makes_parents(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()


_HOLDER = """
import sys, time
from pathlib import Path
from framework.storage import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_exclusive_lock_refuses_a_second_process_until_the_first_dies(tmp_path, kind):
    path: Path = tmp_path / "run.lock" if kind == "file" else tmp_path
    command = [sys.executable, "-c", _HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RunLockedError) as caught, exclusive_lock(path):
            pass
        expected = f"process {holder.pid} on" if kind == "file" else "another process"
        assert expected in str(caught.value)
        holder.kill()
        holder.wait()
    with exclusive_lock(path):
        pass


def test_temporary_prefix_hides_files():
    assert storage.TEMPORARY_PREFIX.startswith(".")


def test_text_that_utf_8_cannot_hold_comes_back_out_of_json(tmp_path):
    name = os.fsdecode(b"\xff\xfe and \xc3\xa9")
    write_json(tmp_path / "file", {name: [name]})
    assert json.loads((tmp_path / "file").read_bytes()) == {name: [name]}


def test_append_line_fills_no_gap_in_a_file_that_others_have_deleted(tmp_path):
    path = tmp_path / "rows"
    size = append_line(path, "one", at_bytes=0)
    path.unlink()
    size = append_line(path, "two", at_bytes=size)
    append_line(path, "three", at_bytes=size)
    assert path.read_bytes() == b"two\nthree\n"


@pytest.mark.parametrize("number", [2**22 + 1, 2**70])
def test_dead_process_is_not_named_as_the_holder_of_a_lock(tmp_path, number):
    path = tmp_path / "run.lock"
    with exclusive_lock(path):  # another process's, which has yet to write its name
        path.write_text(json.dumps(this_process() | {"pid": number}))
        with pytest.raises(RunLockedError, match="locked by another process"), exclusive_lock(path):
            pass
