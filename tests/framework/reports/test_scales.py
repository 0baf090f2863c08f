import pytest

from framework.reports.scales import Scale, is_number


def test_numbers_stand_between_the_ends():
    scale = Scale.of([1, 4, 16], 300.0, 40.0)
    assert (scale.place(1), scale.place(16)) == (300.0, 40.0)
    assert {tick.text for tick in scale.ticks} >= {"5", "10", "15"}


def test_logarithms_are_spaced_evenly_where_they_were_drawn():
    scale = Scale.of([1e-4, 1e-2], 0.0, 100.0, is_log=True)
    assert scale.is_logarithmic
    assert scale.place(1e-3) == pytest.approx(50)


def test_words_have_places_of_their_own():
    scale = Scale.of(["sgd", "adam", "sgd", True], 0.0, 90.0)
    assert [(tick.text, tick.place) for tick in scale.ticks] == [
        ("adam", 15.0),
        ("sgd", 45.0),
        ("true", 75.0),
    ]
    assert scale.place("sgd") == 45.0


def test_nothing_stands_beside_numbers():
    scale = Scale.of([1.0, 10.0, None], 0.0, 100.0)
    assert scale.place(10.0) == 85.0
    assert scale.place(None) == 100.0
    assert scale.ticks[-1].text == "null"


def test_single_number_and_long_words_fit():
    assert 0 <= Scale.of([3], 0.0, 10.0).place(3) <= 10
    (tick,) = Scale.of(["x" * 40], 0.0, 10.0).ticks
    assert len(tick.text) == 18


def test_booleans_are_no_numbers():
    assert [is_number(value) for value in (True, 0.5, 1, None, "1")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_marks_are_whole_where_numbers_are_and_few_where_they_are_many():
    assert [tick.text for tick in Scale.of([1, 2, 3], 0.0, 100.0).ticks] == ["1", "2", "3"]
    crowded = Scale.of([1e-4, 2e-4, 0.3], 0.0, 100.0, is_log=True)
    assert [tick.text for tick in crowded.ticks] == ["0.0001", "0.001", "0.01", "0.1"]
