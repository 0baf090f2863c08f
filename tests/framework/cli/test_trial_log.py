from datetime import datetime

import pytest

from framework.cli import trial_log
from framework.cli.trial_log import EpochLogBesideTrials, TrialLog, is_trial
from framework.engines.engine import ReliableEngine


class Run:
    """A training that does nothing."""

    task = networks = optimizers = metrics = best = directory = None
    epoch = num_epochs = 1
    seconds = 0.0

    def __init__(self, label):
        self.label = label

    def stop(self, reason):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("label", "is_one"), [("", False), ("fold 1", False), ("trial 0003, fold 1", True)]
)
def test_epochs_of_trials_are_not_told(label, is_one):
    trainer, log = ReliableEngine(lambda *_: None), EpochLogBesideTrials(print)
    log.attach(trainer, trainer, Run(label))
    assert is_trial(Run(label)) is is_one
    assert trainer.has_event_handler(log._report) is not is_one


def test_each_trial_that_ends_is_told_once(hand_built, monkeypatch):
    monkeypatch.setattr(trial_log, "_SECONDS_BETWEEN_LOOKS", 0.0)
    lines = []
    log = TrialLog(lines.append)
    log.look(hand_built)
    assert lines == []  # all of them ended before anybody looked on
    log._began = datetime(2026, 1, 2, 12, 3)
    log.look(hand_built)
    log.stop()
    assert [line.split()[1] for line in lines] == ["0002", "0003", "0004", "0005"]


def test_looks_are_rare_and_what_was_not_seen_is_told_at_the_end(hand_built):
    lines = []
    log = TrialLog(lines.append)
    log.look(hand_built)
    log._began = datetime(2026, 1, 2)
    log.look(hand_built)
    assert lines == []
    log.stop()
    assert len(lines) == 6


def test_study_that_cannot_be_read_spoils_nothing(hand_built):
    (hand_built / "study.db").write_bytes(b"no database" * 1000)
    log = TrialLog([].append)
    log.look(hand_built)
    log.stop()
