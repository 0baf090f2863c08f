from dataclasses import replace

from framework.reports.metric_rows import headline_of, metric_rows, reference_names
from framework.runs.records import BestEntry, read_run


def test_row_has_what_was_kept_beside_the_first_epoch(make_run):
    loss, psnr = metric_rows(read_run(make_run()))
    assert (loss.name, loss.validation, loss.test) == ("loss", "0.2", "0.21")
    assert (loss.first, loss.change) == ("0.4", "50 % lower")
    assert (psnr.validation, psnr.first, psnr.change) == ("12", "11", "9.09 % higher")


def test_reference_stands_in_the_row_of_what_it_is_compared_with(make_run, rows, state):
    noisy = [row | {"validation/mse": 0.1, "validation/noisy/mse": 0.3} for row in rows]
    tested = replace(state, test={"mse": 0.11, "noisy/mse": 0.31})
    found = metric_rows(read_run(make_run(rows=noisy, state=tested)))
    assert [row.name for row in found] == ["loss", "psnr", "mse"]
    assert [dict(row.references) for row in found] == [{}, {}, {"noisy": "0.31"}]
    assert reference_names(found) == ["noisy"]


def test_losses_of_several_optimizers_are_no_references(make_run, state):
    rows = [{"epoch": 1, "validation/loss/a": 1.0, "validation/loss/b": 2.0}]
    kept = replace(state, best=BestEntry("ef", 1), test={})
    found = metric_rows(read_run(make_run(rows=rows, state=kept)))
    assert [(row.name, row.validation) for row in found] == [("loss/a", "1"), ("loss/b", "2")]


def test_folds_give_mean_and_deviation_beside_the_mean_of_their_first_epochs(make_folds):
    loss, _ = metric_rows(read_run(make_folds()))
    assert (loss.validation, loss.test) == ("0.25 ± 0.071", "0.21")
    assert (loss.first, loss.change) == ("0.45", "44.4 % lower")


def test_headline_is_what_was_monitored_with_its_yardstick(make_run):
    headline = headline_of(read_run(make_run()))
    assert (headline.metric, headline.value) == ("validation/loss", "0.2")
    assert headline.meaning == "kept after epoch 2"
    assert (headline.first, headline.change, headline.test) == ("0.4", "50 % lower", "0.21")


def test_headline_of_folds_is_their_mean(make_folds):
    headline = headline_of(read_run(make_folds()))
    assert (headline.value, headline.meaning) == ("0.2 ± 0.14", "mean ± sd of 2 folds")
    assert (headline.first, headline.change) == ("0.45", "55.6 % lower")


def test_nothing_monitored_or_kept_has_no_headline(make_run, state):
    for folder, best in (("last", BestEntry("ef", 3)), ("begun", None)):
        assert headline_of(read_run(make_run(folder, state=replace(state, best=best)))) is None


def test_run_that_has_only_begun_has_no_rows(make_run, state):
    begun = replace(state, best=None, test={})
    assert metric_rows(read_run(make_run(rows=[], state=begun))) == []
