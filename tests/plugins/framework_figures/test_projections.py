import numpy as np
import pytest

from framework_figures.projections import project

RANDOM = np.random.default_rng(0)
SCALES = np.array([5.0, 2.0, 0.1, 0.1])


@pytest.fixture(scope="module")
def blobs():
    centres = RANDOM.normal(size=(3, 4)) * 20
    labels = np.arange(90) % 3
    return (centres[labels] + RANDOM.normal(size=(90, 4))).astype(np.float32), labels


def test_codes_of_two_dimensions_stay_as_they_are():
    codes = RANDOM.normal(size=(20, 2))
    plane = project(codes, "auto")
    np.testing.assert_array_equal(plane.points, codes)
    assert (plane.axis_labels, plane.method) == (("latent 1", "latent 2"), "")


@pytest.mark.parametrize("projection", ["auto", "pca"])
def test_principal_components_are_found_with_their_shares(projection):
    codes = RANDOM.normal(size=(4000, 4)) * SCALES
    plane = project(codes, projection)
    assert abs(np.corrcoef(plane.points[:, 0], codes[:, 0])[0, 1]) > 0.999
    assert abs(np.corrcoef(plane.points[:, 1], codes[:, 1])[0, 1]) > 0.999
    assert plane.axis_labels[0] == "component 1: 86% of the variance"
    assert plane.axis_labels[1] == "component 2: 14% of the variance"
    assert plane.method == "PCA"


def test_neighbours_stay_together_and_axes_mean_nothing(blobs):
    codes, labels = blobs
    plane = project(codes, "tsne")
    assert (plane.axis_labels, plane.method) == (("", ""), "t-SNE")
    distances = np.linalg.norm(plane.points[:, None] - plane.points[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(1)] == labels).all()
    np.testing.assert_array_equal(project(codes, "tsne").points, plane.points)


@pytest.mark.parametrize("projection", ["auto", "pca", "tsne"])
def test_codes_of_one_dimension_are_spread_over_the_height(projection):
    codes = RANDOM.normal(size=(50, 1))
    plane = project(codes, projection)
    np.testing.assert_array_equal(plane.points[:, :1], codes)
    assert plane.axis_labels == ("latent 1", "")
    assert len(np.unique(plane.points[:, 1])) == 50


@pytest.mark.parametrize("projection", ["auto", "pca", "tsne"])
@pytest.mark.parametrize("num_codes", [1, 5])
def test_codes_that_are_all_the_same_lie_in_one_place(projection, num_codes):
    points = project(np.ones((num_codes, 3), np.float32), projection).points
    np.testing.assert_array_equal(points, np.ones((num_codes, 2)))


def test_two_codes_are_enough_for_neighbours():
    assert np.isfinite(project(np.eye(2, 3, dtype=np.float32), "tsne").points).all()
