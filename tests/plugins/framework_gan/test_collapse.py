from pathlib import Path

import pytest

from framework.application import check, run
from framework_gan.collapse import StopOnCollapse

SUPPORT = Path(__file__).parents[2] / "support"
REAL, TOO_LITTLE, ENOUGH = 0.5, 0.04, 0.06


class Run:
    """A run that notes why it was stopped."""

    label = ""
    task, networks, optimizers, best, directory = None, {}, {}, None, None
    epoch, num_epochs, seconds = 1, 100, 0.0

    def __init__(self):
        self.metrics, self.reasons = {}, []

    def stop(self, reason):
        self.reasons.append(reason)


def look(handler, *spreads):
    """What the handler says after epochs with these spreads of generated images."""
    run = Run()
    for spread in spreads:
        run.metrics = {"train/spread/real": REAL, "train/spread/generated": spread}
        handler._look(run)
    return run.reasons


def test_collapse_is_too_little_spread_for_some_epochs_in_a_row():
    handler = StopOnCollapse(min_spread_fraction=0.1, patience=2)
    assert look(handler, TOO_LITTLE, ENOUGH, TOO_LITTLE) == []
    assert look(handler, TOO_LITTLE) == [
        "mode collapse: the spread of generated images was 0.04, that of real ones 0.5, and too "
        "little for 2 epochs in a row"
    ]


def test_epochs_are_counted_on_from_the_state():
    handler, other = (StopOnCollapse(min_spread_fraction=0.1, patience=3) for _ in range(2))
    look(handler, TOO_LITTLE, TOO_LITTLE)
    assert look(other, TOO_LITTLE) == []
    other.load_state_dict(handler.state_dict())
    assert len(look(other, TOO_LITTLE)) == 1


def test_task_without_spreads_is_refused():
    with pytest.raises(ValueError, match="stop_on_collapse needs the spreads that the task"):
        StopOnCollapse()._look(Run())


@pytest.mark.slow
def test_run_ends_early_and_says_why(tmp_path):
    overrides = [
        "handlers=[{type: stop_on_collapse, min_spread_fraction: 1.0, patience: 2}]",
        "early_stopping=null",
        "optimizers.generator.lr=1e-9",
    ]
    recipe, plugins = SUPPORT / "tiny_gan.yaml", [SUPPORT / "tiny_images.py"]
    assert check(recipe, overrides=overrides, plugins=plugins).components.handlers
    lines = []
    record = run(
        recipe,
        overrides=overrides,
        plugins=plugins,
        runs_directory=tmp_path,
        device="cpu",
        announce=lines.append,
    )
    assert (record.status, record.epoch) == ("early_stopped", 2)
    assert "mode collapse: the spread" in (record.directory / "log.txt").read_text()
