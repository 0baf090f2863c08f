import numpy as np
import pytest

from framework_figures.region_names import name_regions, purest_places
from framework_figures.style import make_drawing

RANDOM = np.random.default_rng(0)


def blob(x, y, num_points, width=0.2):
    return np.array([x, y]) + RANDOM.normal(size=(num_points, 2)) * width


@pytest.fixture
def axes():
    axes = make_drawing(600, 600).add_subplot()
    axes.set(xlim=(-1, 11), ylim=(-1, 11))
    return axes


def test_name_stands_where_a_class_is_by_itself():
    mixed, own = blob(0, 0, 60), blob(10, 10, 40)
    points = np.vstack([mixed[:30], own, mixed[30:]])
    labels = np.array([0] * 70 + [1] * 30)
    places = purest_places(points, labels)
    assert sorted(places) == [0, 1]
    np.testing.assert_allclose(points[places[0]], [10, 10], atol=1)
    np.testing.assert_allclose(points[places[1]], [0, 0], atol=1)


def test_classes_without_points_have_no_place():
    assert sorted(purest_places(blob(0, 0, 20), np.array([3] * 10 + [7] * 10))) == [3, 7]


def test_many_points_are_looked_at_in_part():
    points, labels = blob(0, 0, 5000), np.arange(5000) % 2
    places = purest_places(points, labels)
    assert [labels[places[label]] for label in (0, 1)] == [0, 1]


def test_single_point_is_enough():
    assert purest_places(np.zeros((1, 2)), np.array([4])) == {4: 0}


def test_names_stand_at_their_points(axes):
    points = np.vstack([blob(1, 1, 30), blob(9, 9, 30)])
    name_regions(axes, points, np.array([0] * 30 + [1] * 30), ["cat", "dog"])
    assert [text.get_text() for text in axes.texts] == ["cat", "dog"]
    np.testing.assert_allclose(axes.texts[0].get_position(), (1, 1), atol=0.8)
    np.testing.assert_allclose(axes.texts[1].get_position(), (9, 9), atol=0.8)


def test_names_that_would_overlap_give_way(axes):
    points, labels = blob(5, 5, 300), np.arange(300) % 6
    name_regions(axes, points, labels, ["a long name"] * 6)
    axes.get_figure().draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 6
    for index, one in enumerate(boxes):
        assert not any(
            one.x0 < other.x1 - 1
            and other.x0 < one.x1 - 1
            and one.y0 < other.y1 - 1
            and other.y0 < one.y1 - 1
            for other in boxes[index + 1 :]
        )
