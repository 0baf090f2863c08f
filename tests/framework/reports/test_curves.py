from framework.reports.curves import compared_curves, curves_of
from framework.runs.records import read_run


def test_run_has_a_chart_per_group_and_constants_as_words(make_run):
    curves = curves_of(read_run(make_run()))
    assert [chart.title for chart in curves.charts] == ["loss", "psnr"]
    loss, psnr = curves.charts
    assert [line.label for line in loss.legend] == ["validation", "train"]
    assert [line.style for line in loss.lines] == ["c0", "c0 dashed"]
    assert [line.label for line in psnr.legend] == ["validation"]
    assert len(loss.marks) == 1
    assert dict(curves.constants) == {"lr": "0.001"}


def test_what_changes_and_was_not_validated_comes_last(make_run):
    rows = [
        {"epoch": e, "lr": 0.1 / e, "validation/loss/a": 1.0, "validation/loss/b": 2.0 * e}
        for e in (1, 2)
    ]
    curves = curves_of(read_run(make_run(rows=rows)))
    assert [chart.title for chart in curves.charts] == ["loss", "lr"]
    assert [line.label for line in curves.charts[0].legend] == ["a validation", "b validation"]
    assert [line.style for line in curves.charts[0].lines] == ["c0", "c1"]
    assert curves.constants == {}


def test_many_charts_are_folded_away(make_run):
    rows = [{"epoch": e, **{f"validation/m{n}": float(e) for n in range(8)}} for e in (1, 2)]
    curves = curves_of(read_run(make_run(rows=rows)))
    assert [len(curves.charts), len(curves.further)] == [6, 2]


def test_folds_are_thin_and_their_mean_is_thick(make_folds):
    loss = curves_of(read_run(make_folds())).charts[0]
    assert [line.style for line in loss.lines] == [
        *["c0 faint"] * 2,
        *["c0 dashed faint"] * 2,
        "c0",
        "c0 dashed",
    ]
    assert [line.label for line in loss.legend] == ["validation, mean", "train, mean"]
    thin, longer, *_, mean, _ = loss.lines
    assert (thin.path.count("L"), longer.path.count("L"), mean.path.count("L")) == (1, 2, 1)


def test_run_that_has_only_begun_has_no_charts(make_run):
    curves = curves_of(read_run(make_run(rows=[])))
    assert (curves.charts, curves.further, curves.constants) == ([], [], {})


def test_compared_runs_differ_by_colour(make_run, make_folds):
    records = {"one": read_run(make_run()), "two": read_run(make_folds())}
    curves = compared_curves(records)
    assert [(line.label, line.style) for line in curves.legend] == [("one", "c0"), ("two", "c1")]
    assert [chart.title for chart in curves.charts] == ["loss", "psnr", "lr"]
    styles = [line.style for line in curves.charts[0].lines]
    assert sorted(styles) == ["c0", "c0 dashed", "c1", "c1 dashed"]
