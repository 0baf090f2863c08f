import os

from framework.runs.epoch_rows import read_rows

ROWS = b"""{"epoch": 1, "iteration": 3, "train/loss": 0.5, "lr": null}
{"epoch": 2, "iteration": 6, "train/loss": 0.25, "lr": 0.1}
"""


def test_rows_are_read_as_they_were_written(tmp_path):
    (tmp_path / "metrics.jsonl").write_bytes(ROWS)
    assert read_rows(tmp_path) == [
        {"epoch": 1, "iteration": 3, "train/loss": 0.5, "lr": None},
        {"epoch": 2, "iteration": 6, "train/loss": 0.25, "lr": 0.1},
    ]


def test_lines_that_are_no_rows_are_left_out(tmp_path):
    lines = [b"[1]", b"7", b'"epoch"', b"{}", b"\0\0", b"\xff", b"[" * 10_000, b'{"lr": 1}']
    lines += [b'{"epoch": [4]}', b'{"epoch": "four"}', b'{"epoch": 4, "lr": {}}']
    lines += [b'{"epoch": 4, "lr": 1' + b"0" * 400 + b"}", b'{"epoch": 4, "tra']
    (tmp_path / "metrics.jsonl").write_bytes(ROWS + b"\n".join(lines))
    assert [row["epoch"] for row in read_rows(tmp_path)] == [1, 2]


def test_where_there_is_no_file_there_are_no_rows(tmp_path):
    assert read_rows(tmp_path) == []
    os.mkfifo(tmp_path / "metrics.jsonl")  # it would be waited for
    assert read_rows(tmp_path) == []
