"""Where a run is carried out: a folder of an odd name, without a locale, a home or a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

SUPPORT = Path(__file__).parents[1] / "support"


def test_run_works_wherever_it_is(tmp_path):
    folder = tmp_path / "a folder, größer, and 'quoted'"
    folder.mkdir()
    recipe = folder / "my recipe é.yaml"
    recipe.write_bytes((SUPPORT / "tiny.yaml").read_bytes())
    words = ["run", recipe.name, "--plugin", str(SUPPORT / "tiny_images.py")]
    done = subprocess.run(
        [sys.executable, "-m", "framework", *words, "training.num_epochs=1"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"\r" not in done.stdout + done.stderr
    (state,) = folder.glob("runs/tiny/*/state.json")
    assert '"finished"' in state.read_text(encoding="utf-8")
