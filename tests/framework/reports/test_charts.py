import re

import pytest

from framework.reports.charts import Curve, chart_of, color_class


def curve(*values):
    return Curve([(float(epoch), value) for epoch, value in enumerate(values, start=1)])


def places(path):
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_curve_spans_the_picture_and_larger_values_are_higher():
    chart = chart_of("psnr", [curve(10.0, 20.0, 15.0)], marked_epochs=[2.0, 2.0, 9.0])
    (line,) = chart.lines
    (x1, y1), (x2, y2), (x3, y3) = places(line.path)
    assert (x1, x3) == (chart.left, chart.right)
    assert chart.top < y2 < y3 < y1 < chart.bottom
    assert list(chart.marks) == [x2]
    assert [tick.text for tick in chart.x_ticks] == ["1", "2", "3"]
    assert not chart.is_logarithmic


def test_values_crowded_below_get_a_logarithmic_axis():
    falling = [1.0 / epoch**2 for epoch in range(1, 20)]
    rising = [1.0 - 0.9 * value for value in falling]
    assert chart_of("loss", [curve(*falling)]).is_logarithmic
    assert not chart_of("accuracy", [curve(*rising)]).is_logarithmic
    assert not chart_of("loss", [curve(*falling, -1.0)]).is_logarithmic


def test_value_that_was_not_finite_leaves_a_gap():
    chart = chart_of("loss", [curve(1.0, None, 2.0, 3.0)])
    assert re.sub(r"[\d. ]+", "", chart.lines[0].path) == "MhMhL"


def test_chart_of_nothing_is_none():
    assert chart_of("loss", []) is None
    assert chart_of("loss", [curve(None)]) is None


@pytest.mark.parametrize("value", [0.0, -3.0, 5e-324, 1e300])
def test_single_value_is_a_dot_within_the_picture(value):
    chart = chart_of("loss", [curve(value)])
    ((x, y),) = places(chart.lines[0].path)
    assert x == chart.left
    assert chart.top <= y <= chart.bottom


@pytest.mark.parametrize(
    "values", [(0.05, 0.13), (11.0, 19.9), (1e-6, 4e-3, 1e-6, 2e-6), (-1.0, 1.0), (0.9, 0.91)]
)
def test_axis_has_a_few_marks_within_the_picture(values):
    chart = chart_of("x", [curve(*values)])
    assert 2 <= len(chart.y_ticks) <= 7
    assert all(chart.top <= tick.place <= chart.bottom for tick in chart.y_ticks)


@pytest.mark.parametrize("last", [2, 7, 12, 60, 100, 1234])
def test_epochs_are_marked_by_whole_numbers_from_the_first(last):
    chart = chart_of("x", [Curve([(1.0, 0.1), (float(last), 0.2)])])
    texts = [tick.text for tick in chart.x_ticks]
    assert texts[0] == "1"
    assert all(text.isdigit() for text in texts)
    assert 2 <= len(texts) <= 7


def test_long_curve_is_thinned_and_keeps_its_ends():
    chart = chart_of("x", [curve(*map(float, range(1, 5001)))])
    found = places(chart.lines[0].path)
    assert len(found) <= 1001
    assert (found[0][0], found[-1][0]) == (chart.left, chart.right)


def test_style_and_legend_follow_the_curve():
    curves = [Curve([(1.0, 1.0)], "a", 1, is_dashed=True), Curve([(1.0, 1.0)], is_faint=True)]
    chart = chart_of("x", curves)
    assert [line.style for line in chart.lines] == ["c1 dashed", "c0 faint"]
    assert [line.label for line in chart.legend] == ["a"]
    assert color_class(9) == "c1"
