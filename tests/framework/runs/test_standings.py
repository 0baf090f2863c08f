"""Where trainings stand, read from the row of the epoch that they keep."""

from math import isnan

import pytest

from framework.runs.directory import RunDirectory
from framework.runs.records import BestEntry
from framework.runs.standings import Standing


@pytest.fixture
def store(tmp_path):
    return RunDirectory.create(tmp_path / "run", texts={}, meta={})


def test_standing_has_the_row_of_the_epoch_kept(store):
    rows = '{"epoch": 1, "validation/loss": 0.5}\n{"epoch": 2, "validation/loss": null}\n'
    (store.path / "metrics.jsonl").write_text(rows)
    store.update(best=BestEntry("0" * 64, 1), seconds=3.0)
    standing = Standing.of_run(store)
    assert standing == Standing(store.path, 1, 3.0)
    assert standing.metrics() == {"epoch": 1.0, "validation/loss": 0.5}
    assert isnan(Standing(store.path, 2, 0.0).metrics()["validation/loss"])


def test_standing_without_an_evaluation_has_no_metrics(store):
    assert Standing.of_run(store).metrics() == {}
