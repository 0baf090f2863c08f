import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from framework.cli.streams import (
    LastingStream,
    discard_output,
    is_broken,
    lasting_stdout,
    prepare_streams,
)

FULL_DISK = Path("/dev/full")


def broken_stream():
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


def test_lasting_stream_passes_text_on():
    below = io.StringIO()
    stream = LastingStream(below)
    assert stream.write("abc") == 3
    stream.flush()
    assert below.getvalue() == "abc"
    assert not stream.isatty()


def test_lasting_stream_survives_a_reader_that_is_gone():
    with broken_stream() as below:
        stream = LastingStream(below)
        for _ in range(3):
            assert stream.write("x" * 100_000) == 100_000
            stream.flush()


def test_everything_printed_inside_lasts(monkeypatch):
    with broken_stream() as below:
        monkeypatch.setattr(sys, "stdout", below)
        with lasting_stdout():
            for _ in range(3):
                sys.stdout.write("x" * 100_000)
                sys.stdout.flush()
        assert sys.stdout is below


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no device that is always full")
def test_full_disk_does_not_stop_anything():
    with FULL_DISK.open("w", encoding="utf-8") as below:
        stream = LastingStream(below)
        stream.write("abc")
        stream.flush()


def test_broken_stream_is_told_from_a_working_one():
    assert not is_broken(io.StringIO())
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        assert not is_broken(stream)
        os.close(reader)
        assert is_broken(stream)
        discard_output(stream)
        assert not is_broken(stream)


def test_any_character_can_be_printed():
    code = (
        "import sys; from framework.cli.streams import prepare_streams\n"
        "prepare_streams(); print('ä → \\udcff')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert result.stdout == b"\\xe4 \\u2192 \\udcff\n"


def test_missing_streams_are_replaced(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    prepare_streams()
    with sys.stdout, sys.stderr:
        assert sys.stdout.write("into nothing") == 12
        assert sys.stderr.write("into nothing") == 12
