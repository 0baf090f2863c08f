import io

from rich.console import Console

from framework.cli import search_view
from framework.cli.search_view import SearchView


def drawn(view):
    console = Console(file=io.StringIO(), width=100)
    console.print(view.table)
    return console.file.getvalue()


def test_view_shows_the_table_and_keeps_it_where_the_study_cannot_be_read(hand_built):
    view = SearchView(hand_built)
    assert view.is_due()
    view.read()
    assert not view.is_due()
    before = drawn(view)
    assert "5 of 5 trials done" in before
    (hand_built / "study.db").write_bytes(b"no database" * 1000)
    view.read()
    assert drawn(view) == before


def test_time_left_is_that_of_the_trials_seen(hand_built, monkeypatch):
    now = iter([100.0, 130.0])
    monkeypatch.setattr(search_view.time, "monotonic", lambda: next(now))
    view = SearchView(hand_built)
    assert view._time_left(4, 10) == ""
    assert view._time_left(6, 10) == "0:01:00 left"
    assert view._time_left(10, 10) == ""
