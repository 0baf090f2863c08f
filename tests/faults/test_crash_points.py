"""Whatever call a process dies in, or the disk refuses: the same bits in the end."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from tiers import scaled

pytestmark = pytest.mark.slow

CRASH_POINTS = Path(__file__).with_name("crash_points.py")
NUM_POINTS = {
    "tiny.yaml": scaled(fast=2, default=4, push=40, nightly=100_000),
    "tiny_folds.yaml": scaled(fast=0, default=0, push=20, nightly=2_000),
}
NUM_CALLS = {"tiny.yaml": 100, "tiny_folds.yaml": 300}
KILLS = ("before", "after", "torn")
SEED = scaled(
    fast=1, default=1, nightly=secrets.randbelow(2**31)
)  # new ones are looked for at night


@pytest.mark.parametrize("recipe", [recipe for recipe, number in NUM_POINTS.items() if number])
def test_run_disturbed_at_any_call_ends_with_the_same_bits(tmp_path, recipe):
    counts = ["--num-points", str(NUM_POINTS[recipe]), "--seed", str(SEED)]
    report = disturb(tmp_path, "--recipe", recipe, *counts)
    assert report["failures"] == {}, f"seed {report['seed']}"
    assert report["order"] == []
    assert report["num_calls"] > NUM_CALLS[recipe]


@pytest.mark.thorough
@pytest.mark.parametrize("mutant", ["delete_old_before_writing_new", "state_before_checkpoint"])
def test_crash_points_notice_what_a_kill_loses(tmp_path, mutant):
    report = disturb(tmp_path, "--mutant", mutant, "--num-points", "150", "--kinds", *KILLS)
    assert report["failures"], f"seed {report['seed']}"


@pytest.mark.thorough
@pytest.mark.parametrize("mutant", ["nothing_synced", "write_straight_to_the_final_name"])
def test_order_of_calls_notices_what_a_loss_of_power_loses(tmp_path, mutant):
    assert disturb(tmp_path, "--mutant", mutant, "--num-points", "0")["order"]


def disturb(folder, *arguments):
    command = [sys.executable, str(CRASH_POINTS), str(folder / "work"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
