import numpy as np
import pytest

from framework_figures.latent_measures import (
    Labelled,
    clustering_nmi,
    effective_rank,
    is_dead,
    knn_accuracy,
    linear_probe_accuracy,
    silhouette,
)

RANDOM = np.random.default_rng(0)


def blobs(num_codes, distance):
    """Three classes at a distance of each other, with a standard deviation of 1."""
    labels = np.arange(num_codes) % 3
    return Labelled(np.eye(3)[labels] * distance + RANDOM.normal(size=(num_codes, 3)), labels)


def rings(num_codes):
    """Two classes that no line parts."""
    labels = np.arange(num_codes) % 2
    angles = RANDOM.uniform(0, 2 * np.pi, num_codes)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return Labelled(around * (1 + 4 * labels)[:, None], labels)


ONE_CLASS = Labelled(RANDOM.normal(size=(12, 3)), np.zeros(12, int))
SAME = Labelled(np.ones((12, 3)), np.arange(12) % 3)


def test_classes_far_apart_are_told_apart_by_all():
    train, test = blobs(300, 50), blobs(90, 50)
    assert knn_accuracy(train, test) == linear_probe_accuracy(train, test) == 1
    assert clustering_nmi(test) == pytest.approx(1)
    assert silhouette(test) > 0.9


def test_classes_in_one_place_are_told_apart_by_none():
    train, test = blobs(3000, 0), blobs(900, 0)
    assert knn_accuracy(train, test) == pytest.approx(1 / 3, abs=0.06)
    assert linear_probe_accuracy(train, test) == pytest.approx(1 / 3, abs=0.06)
    assert clustering_nmi(test) < 0.02
    assert abs(silhouette(test)) < 0.02


def test_rings_are_told_apart_by_neighbours_and_by_no_line():
    train, test = rings(400), rings(200)
    assert knn_accuracy(train, test) == 1
    assert linear_probe_accuracy(train, test) < 0.7


def test_probe_does_not_depend_on_the_scale_of_units():
    train, test = blobs(300, 3), blobs(900, 3)
    scales = np.array([1e4, 1.0, 1e-4])
    scaled = [Labelled(each.codes * scales, each.labels) for each in (train, test)]
    assert linear_probe_accuracy(*scaled) == pytest.approx(linear_probe_accuracy(train, test))


def test_single_class_is_no_fault():
    assert knn_accuracy(ONE_CLASS, ONE_CLASS) == linear_probe_accuracy(ONE_CLASS, ONE_CLASS) == 1
    assert silhouette(ONE_CLASS) == 0


def test_codes_that_are_all_the_same_are_no_fault():
    assert clustering_nmi(SAME) == 0
    assert silhouette(SAME) == 0
    assert linear_probe_accuracy(SAME, SAME) == pytest.approx(1 / 3)


def test_fewer_training_codes_than_neighbours_are_no_fault():
    few = blobs(3, 50)
    assert 0 <= knn_accuracy(few, few) <= 1


def test_classes_of_one_code_each_have_no_silhouette():
    assert silhouette(blobs(3, 50)) == 0


@pytest.mark.parametrize(
    ("scales", "expected"), [([1, 1, 1, 1], 4), ([1, 1, 0, 0], 2), ([1, 0, 0, 0], 1), ([0] * 4, 0)]
)
def test_effective_rank_counts_directions(scales, expected):
    codes = RANDOM.normal(size=(50_000, 4)) * np.array(scales)
    assert effective_rank(codes) == pytest.approx(expected, abs=0.01)


def test_effective_rank_does_not_depend_on_the_axes():
    codes = RANDOM.normal(size=(500, 4)) * np.array([3, 2, 1, 0.1])
    rotation = np.linalg.qr(RANDOM.normal(size=(4, 4)))[0]
    assert effective_rank(codes @ rotation) == pytest.approx(effective_rank(codes))


def test_effective_rank_is_that_of_the_definition():
    codes = np.array([[2.0, 0], [-2.0, 0], [0, 1.0], [0, -1.0]])
    assert effective_rank(codes) == pytest.approx(np.exp(-0.8 * np.log(0.8) - 0.2 * np.log(0.2)))


def test_single_unit_has_rank_one():
    assert effective_rank(RANDOM.normal(size=(9, 1))) == 1


def test_units_of_little_variance_are_dead():
    assert is_dead(np.array([2.0, 0.02, 0.021, 0.0])).tolist() == [False, True, False, True]
    assert is_dead(np.zeros(3)).all()
