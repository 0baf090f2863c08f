import re
from dataclasses import replace

from framework.reports.comparison_pages import ComparisonPage, write_comparison
from framework.reports.run_pages import RunPage
from framework.runs.records import read_run


def compared(**runs):
    return ComparisonPage({label: RunPage(read_run(run)) for label, run in runs.items()})


def best_of(page):
    return {value.name: list(value.best) for value in page.values if value.direction}


def test_best_is_marked_by_direction(make_run, state):
    better = replace(state, test={"loss": 0.1, "psnr": 20.0, "odd": 1.0})
    worse = replace(state, test={"loss": 0.3, "psnr": 10.0, "odd": 2.0})
    page = compared(one=make_run("one", state=worse), two=make_run("two", state=better))
    assert best_of(page) == {
        "validation/loss": [],
        "validation/psnr": [],
        "test/loss": [1],
        "test/psnr": [1],
    }
    odd = {value.name: value for value in page.values}["test/odd"]
    assert (odd.texts, odd.best, odd.direction) == (["2", "1"], [], "")


def test_other_data_or_another_loss_are_not_compared(make_run, state):
    worse = replace(state, test={"loss": 0.3, "psnr": 10.0})
    first = make_run("one")
    other_data = make_run("two", state=worse, meta={"data_fingerprint": "else"})
    assert best_of(compared(one=first, two=other_data)) == {}
    other_loss = make_run("three", state=worse, resolved="loss: {type: bce}\n")
    page = compared(one=first, three=other_loss)
    assert best_of(page).keys() == {"validation/psnr", "test/psnr"}
    assert best_of(page)["test/psnr"] == [0]


def test_directions_that_contradict_mark_nothing(make_run):
    second = make_run("two", meta={"directions": {"psnr": "min"}})
    assert "test/psnr" not in best_of(compared(one=make_run("one"), two=second))


def test_folds_are_compared_by_their_mean(make_run, make_folds):
    page = compared(one=make_run("one"), folds=make_folds())
    loss = {value.name: value for value in page.values}["validation/loss"]
    assert (loss.texts, loss.best) == (["0.2", "0.25 ± 0.071"], [0])


def test_page_shows_runs_side_by_side(make_run, tmp_path):
    first = make_run("one", figures={"map": {"rank": 3.0}})
    second = make_run("two", figures={"map": {"rank": 4.0}}, resolved="loss: {type: bce}\n")
    path = write_comparison([first, second], tmp_path / "out.html")
    page = path.read_text(encoding="utf-8")
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert "loss.type &#39;mse&#39; &#39;bce&#39;" in words
    assert "map/rank 3 4" in words
    assert "parameters 1,234 1,234" in words
    assert page.count("<img ") == 2
    assert page.count('<path class="line c1') == 5
    assert not re.search(r"https?:|<script|url\(", page)


def test_runs_of_one_name_are_told_apart(make_run, tmp_path):
    first, second = make_run("one"), make_run("two")
    page = write_comparison([first, second, first], tmp_path / "out.html").read_text("utf-8")
    assert all(f"tiny {name}" in page for name in ("one (1)", "two (2)", "one (3)"))
    assert "They do not: all keys have the same values." in page


def test_hostile_names_are_shown_and_not_obeyed(make_run, tmp_path):
    name = "<script>alert(1)</script>"
    runs = [
        make_run(folder, meta={"name": f"{name}{folder}"}, resolved=f"loss: '{name}{folder}'\n")
        for folder in ("one", "two")
    ]
    page = write_comparison(runs, tmp_path / "out.html").read_text("utf-8")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 10
