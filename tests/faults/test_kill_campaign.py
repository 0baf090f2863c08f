"""Kill it at any moment: the resumed run ends with the same bits, and every bug put back shows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiers import scaled

pytestmark = pytest.mark.slow

CAMPAIGN = Path(__file__).with_name("kill_campaign.py")
RECIPES = (
    "tiny_folds.yaml",
    pytest.param("tiny.yaml", marks=pytest.mark.thorough),
    pytest.param("tiny_methods.yaml", marks=pytest.mark.thorough),
)
NUM_KILLS = scaled(fast=2, default=4, push=67, nightly=340)  # of each of these
ENOUGH_TO_MEET_A_SAVE = 30
NUM_SIGNALS = scaled(fast=2, default=4, push=36, nightly=100)
SABOTAGE = {
    "steps": ("steps_not_seeded", "place_in_the_epoch_ignored", "schedule_not_restored"),
    "state": ("optimizer_not_restored", "masks_not_restored", "averaged_weights_not_restored"),
    "folds": ("early_stopping_not_restored", "folds_mixed_up", "metrics_log_not_cut_back"),
}
RARELY_HIT = ("delete_old_before_writing_new", "write_straight_to_the_final_name")
"""What takes many kills to be seen by chance; crash points find it each time."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_killed_run_ends_with_the_same_bits(tmp_path, recipe):
    report = carry_out(tmp_path, "--num-strikes", str(NUM_KILLS), "--recipes", recipe)
    (campaign,) = report["campaigns"]
    assert not campaign["failures"], f"seed {report['seed']}: {campaign['failures']}"
    assert campaign["num_strikes"] >= NUM_KILLS
    assert campaign["num_in_saves"] > 0 or NUM_KILLS < ENOUGH_TO_MEET_A_SAVE


@pytest.mark.thorough
def test_run_that_is_asked_to_end_ends_with_the_same_bits(tmp_path):
    arguments = ["--num-strikes", str(NUM_SIGNALS), "--signals", "SIGINT", "SIGTERM"]
    report = carry_out(tmp_path, *arguments)
    (campaign,) = report["campaigns"]
    assert not campaign["failures"], f"seed {report['seed']}: {campaign['failures']}"
    assert campaign["num_strikes"] >= NUM_SIGNALS


def test_bug_put_back_is_noticed(tmp_path):
    require_noticed(tmp_path, SABOTAGE["steps"][:1])


@pytest.mark.thorough
@pytest.mark.parametrize("kind", SABOTAGE)
def test_every_bug_put_back_is_noticed(tmp_path, kind):
    require_noticed(tmp_path, SABOTAGE[kind])


@pytest.mark.nightly
def test_bug_that_shows_rarely_is_noticed(tmp_path):
    require_noticed(tmp_path, RARELY_HIT)


def require_noticed(folder, mutants):
    report = carry_out(folder, "--mutants", *mutants)
    campaigns = report["campaigns"]
    assert [campaign["mutant"] for campaign in campaigns] == list(mutants)
    unnoticed = [campaign["mutant"] for campaign in campaigns if not campaign["failures"]]
    assert not unnoticed, f"seed {report['seed']}"
    # it is the kills that bring them to light: left alone, they repeat themselves to the bit
    assert all(campaign["differs_uninterrupted"] == [] for campaign in campaigns)


def carry_out(folder, *arguments):
    command = [sys.executable, str(CAMPAIGN), str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
