"""Of processes that reach for one lock together one gets it, and the next when it is killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiers import scaled

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("lock_rounds.py")
NUM_ROUNDS = scaled(fast=5, default=10, push=50, nightly=1000)
NUM_STARTERS = 8
LOCKED = 75
NEVER_BORN = 2**22 + 1  # whose name a dead process has left in every fourth lock


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locked")
    command = [sys.executable, str(PROGRAM), str(folder), str(NUM_ROUNDS), str(NUM_STARTERS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert not report["imported_torch"]  # else this would take minutes
    assert len(report["rounds"]) == NUM_ROUNDS
    return report["rounds"]


def test_of_eight_that_reach_for_a_lock_one_gets_it(rounds):
    assert [each["num_winners"] for each in rounds] == [1] * NUM_ROUNDS
    assert all(each["codes"] == [LOCKED] * (NUM_STARTERS - 1) for each in rounds)
    assert all(each["is_holder_one_of_them"] and each["is_boot_this"] for each in rounds)


def test_others_are_refused_at_once_and_told_of_the_holder(rounds):
    assert max(each["refusal_seconds"] for each in rounds) < 1.0
    words = [text for each in rounds for text in each["words"]]
    assert not [text for text in words if f"process {NEVER_BORN}" in text]
    assert any(f"process {each['holder']} on" in text for each in rounds for text in each["words"])


def test_lock_of_a_dead_process_is_taken_over_within_a_second(rounds):
    assert max(each["takeover_seconds"] for each in rounds) < 1.0
