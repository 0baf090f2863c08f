"""A run is found by its directory or by how one of its names begins."""

import shutil

import pytest

from framework.cli.messages import UsageError
from framework.cli.run_names import find_run, name_of


@pytest.fixture
def root(trained, tmp_path):
    """Two runs of one recipe."""
    for name in ("20260101-000000-aaaa1111", "20260102-000000-aaaa2222"):
        shutil.copytree(trained, tmp_path / "versatile" / name)
    return tmp_path


@pytest.mark.parametrize(
    "beginning", ["versatile/20260102", "20260102", "aaaa2", "20260102-000000-aaaa2222"]
)
def test_run_is_found_by_a_beginning(root, beginning):
    assert find_run(beginning, root).directory.name == "20260102-000000-aaaa2222"


def test_run_is_found_by_its_directory(root, trained):
    assert find_run(str(trained), root).directory == trained
    assert name_of(find_run("aaaa2", root)) == "versatile/20260102-000000-aaaa2222"


@pytest.mark.parametrize(
    ("beginning", "complaint"),
    [
        ("aaaa", "'aaaa' begins the names of 2 runs; they are versatile/2026"),
        ("versatille/20260101-000000-aaaa1111", "did you mean 'versatile/20260101"),
        ("zzz", "no run 'zzz' in .*; framework runs list names them"),
    ],
)
def test_what_is_not_one_run_is_refused(root, beginning, complaint):
    with pytest.raises(UsageError, match=complaint):
        find_run(beginning, root)
