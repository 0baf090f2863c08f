"""Whoever is killed, a search ends with the trials that it was asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiers import scaled

pytestmark = pytest.mark.thorough

CAMPAIGN = Path(__file__).with_name("search_campaign.py")
NUM_KILLS = scaled(fast=4, default=4, push=20, nightly=50)
NUM_TRIALS = scaled(fast=6, default=6, push=30, nightly=80)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """What a search whose workers were killed says, beside one that nobody disturbed."""
    folder = tmp_path_factory.mktemp("campaign")
    counts = ["--num-kills", str(NUM_KILLS), "--num-trials", str(NUM_TRIALS)]
    found = subprocess.run(
        [sys.executable, CAMPAIGN, folder, *counts],
        capture_output=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=400,
        check=False,
    )
    assert found.returncode == 0, found.stderr.decode()
    return json.loads(found.stdout)


def test_killed_workers_lose_no_trial(campaign):
    disturbed = campaign["disturbed"]
    assert campaign["num_killed"] > NUM_KILLS / 2
    assert disturbed["status"] == "finished"
    assert disturbed["states"]["COMPLETE"] == NUM_TRIALS


def test_killed_workers_leave_no_zombies(campaign):
    states = campaign["disturbed"]["states"]
    assert (states["RUNNING"], states["WAITING"]) == (0, 0)


def test_trials_of_killed_workers_go_on_with_the_same_values(campaign):
    disturbed = campaign["disturbed"]
    assert disturbed["num_retried"] > 0
    assert disturbed["attempts"] > NUM_TRIALS
    assert disturbed["rates_per_place"] == [1]


def test_trials_of_killed_workers_end_with_the_bits_of_undisturbed_ones(campaign):
    undisturbed = dict(campaign["undisturbed"]["values"])
    values = dict(campaign["disturbed"]["values"])
    assert len(values) == len(campaign["disturbed"]["values"])
    assert values == {rate: undisturbed[rate] for rate in values}
