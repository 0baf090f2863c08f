from framework.reports.plots import Plot, bar, dot, line


def test_dot_is_a_line_without_length():
    assert dot(1.5, 2.0, "c0", "here").path == "M1.5 2h0"
    assert dot(1.5, 2.0, "c0", "here").title == "here"


def test_line_leaves_gaps():
    assert line([(0.0, 1.0), (2.0, 3.0), None, (4.0, 5.0)], "c1").path == "M0 1L2 3M4 5"


def test_bar_is_as_thick_as_it_is_told():
    mark = bar(10.0, 20.0, 40.0, 8.0, "c2")
    assert (mark.path, mark.style, mark.thickness) == ("M10 20H40", "bar c2", 8)


def test_drawing_leaves_room_for_its_marks():
    plot = Plot("x", [], width=500.0, height=100.0)
    assert (plot.right, plot.bottom) == (488, 70)
