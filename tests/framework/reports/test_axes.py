import pytest

from framework.reports.axes import count_axis, nice_step, value_axis


def test_values_lie_between_the_ends_and_marks_do_too():
    axis = value_axis([0.2, 0.31, 0.5], 200.0, 10.0)
    assert axis.start == 200.0
    assert 10 < axis.place(0.5) < axis.place(0.31) < axis.place(0.2) < 200
    assert all(10 <= tick.place <= 200 for tick in axis.ticks)
    assert not axis.is_logarithmic


def test_axis_is_logarithmic_where_asked_for_and_possible():
    assert value_axis([1.0, 2.0, 3.0], 0.0, 1.0, is_log=True).is_logarithmic
    assert not value_axis([0.0, 2.0, 3.0], 0.0, 1.0, is_log=True).is_logarithmic
    assert not value_axis([1.0, 1.0, 100.0], 0.0, 1.0, is_log=False).is_logarithmic
    assert value_axis([1.0, 1.0, 100.0], 0.0, 1.0).is_logarithmic


def test_counts_are_marked_at_whole_numbers():
    axis = count_axis(0.0, 7.0, 0.0, 70.0)
    assert [tick.text for tick in axis.ticks] == ["0", "2", "4", "6"]
    assert count_axis(3.0, 3.0, 0.0, 70.0).place(3.0) == 0


@pytest.mark.parametrize(("rough", "step"), [(0.19, 0.2), (3.0, 5), (21.0, 25), (0.0, 1)])
def test_steps_are_those_that_people_like(rough, step):
    assert nice_step(rough) == pytest.approx(step)
