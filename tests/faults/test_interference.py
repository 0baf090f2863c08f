"""What others do to a process that trains, and what must not come of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiers import scaled

pytestmark = pytest.mark.thorough

PROGRAM = Path(__file__).with_name("interference.py")
NUM_STARTERS = scaled(fast=2, default=3, push=8, nightly=8)
NUM_STARTS = scaled(fast=1, default=1, push=2, nightly=20)
NUM_DELETIONS = scaled(fast=1, default=1, nightly=20)
NOT_RESUMABLE, LOCKED, TERMINATED = 5, 75, 143


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """What came of all cases, in one process that imports torch once."""
    command = [
        sys.executable,
        str(PROGRAM),
        str(tmp_path_factory.mktemp("runs")),
        str(NUM_STARTERS),
        str(NUM_STARTS),
        str(NUM_DELETIONS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["undisturbed"] == 0
    return report["cases"]


def test_process_that_was_stopped_for_a_while_ends_with_the_same_bits(cases):
    assert cases["stopped"] == {"exit_codes": [0], "differences": [[]]}


def test_clock_that_jumps_by_years_changes_nothing(cases):
    found = cases["with_turning_clock"]
    assert found == {"exit_codes": [TERMINATED, 0], "differences": [[]]}


def test_of_several_that_start_together_one_trains(cases):
    found = cases["started_together"]
    assert found["exit_codes"] == [[0] + [LOCKED] * (NUM_STARTERS - 1)] * NUM_STARTS
    assert found["differences"] == [[]] * NUM_STARTS


def test_checkpoints_deleted_at_random_times_are_made_again_by_the_next_save(cases):
    found = cases["with_deletions"]
    assert found["exit_codes"] == [[TERMINATED, 0]] * (4 * NUM_DELETIONS)
    assert found["differences"] == [[]] * (4 * NUM_DELETIONS)


def test_only_a_run_without_any_checkpoint_left_cannot_be_continued(cases):
    found = cases["without_checkpoints"]
    continued, refused = [TERMINATED, 0], [TERMINATED, NOT_RESUMABLE]
    assert found["exit_codes"] == [continued, continued, refused, refused]
