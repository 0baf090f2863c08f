import base64

from framework.reports.pictures import figures_of, side_by_side
from framework.runs.records import read_run


def test_picture_travels_with_its_values(make_run):
    run = make_run(figures={"quality": {"accuracy": 0.5, "rank": None}})
    (figure,) = figures_of(read_run(run))["quality"]
    prefix, _, data = figure.source.partition(",")
    assert prefix == "data:image/png;base64"
    assert base64.b64decode(data) == (run / "figures" / "quality.png").read_bytes()
    assert figure.values == {"accuracy": "0.5", "rank": "—"}


def test_file_that_is_no_picture_has_no_source(make_run):
    run = make_run(figures={"whole": {}, "cut": {}, "text": {}})
    folder = run / "figures"
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:30])
    (folder / "text.png").write_text("<svg onload='alert(1)'/>")
    found = {name: bool(figure.source) for name, (figure,) in figures_of(read_run(run)).items()}
    assert found == {"cut": False, "text": False, "whole": True}


def test_figures_of_parts_stand_side_by_side_where_the_run_has_none(make_folds):
    figures = figures_of(read_run(make_folds()))
    assert [each.owner for each in figures["loss_curves"]] == ["fold-0", "fold-1"]
    own = figures_of(read_run(make_folds("others", figures={"map": {}})))
    assert list(own) == ["map"]


def test_figures_of_several_runs_go_by_their_name(make_run):
    records = {
        "one": read_run(make_run("one", figures={"a": {}, "b": {}})),
        "two": read_run(make_run("two", figures={"b": {}})),
    }
    owners = {name: [each.owner for each in all_] for name, all_ in side_by_side(records).items()}
    assert owners == {"a": ["one"], "b": ["one", "two"]}
