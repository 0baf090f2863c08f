from dataclasses import replace

from framework.reports.directions import directions_of
from framework.runs.records import BestEntry, read_run


def test_metrics_say_their_direction_and_a_loss_is_minimised(make_run):
    record = read_run(make_run())
    assert directions_of(record, {"directions": {"psnr": "max"}}) == {"psnr": "max", "loss": "min"}
    assert directions_of(record, {}) == {"loss": "min"}


def test_what_was_monitored_has_its_direction(make_run, state):
    best = BestEntry("ef", 2, "validation/purity", "max", 0.5)
    record = read_run(make_run(state=replace(state, best=best)))
    assert directions_of(record, {})["purity"] == "max"
