import pytest
import torch

from framework_figures.latent_quality import LatentQuality
from framework_figures.style import PALETTE

SCORES = {"knn_accuracy", "linear_probe_accuracy", "nmi", "silhouette"}


@pytest.fixture
def run(make_run, make_images, make_task):
    """Two classes, told apart by the first of two units; the second hardly varies."""
    labels = torch.arange(80) % 2
    codes = torch.rand(80, 2, generator=torch.Generator().manual_seed(0)) / 100
    codes[:, 0] += labels
    images = make_images(codes, labels)
    return make_run(images, images, class_names=("cat", "dog"), tasks={None: make_task()})


@pytest.fixture
def unlabelled(make_run, make_images, make_task):
    return make_run(make_images(torch.rand(20, 2)), tasks={None: make_task()})


def texts_of(drawing):
    return [text.get_text() for text in drawing.texts]


def test_values_tell_how_well_classes_are_told_apart(run):
    values = LatentQuality().values(run)
    assert values.keys() == SCORES | {"effective_rank", "num_dead_units", "latent_dim"}
    assert values["knn_accuracy"] == values["linear_probe_accuracy"] == 1
    assert values["nmi"] == pytest.approx(1)
    assert values["silhouette"] > 0.9
    assert values["effective_rank"] == pytest.approx(1, abs=0.01)
    assert (values["num_dead_units"], values["latent_dim"]) == (1, 2)


def test_accuracy_is_that_of_test_images(run, make_images):
    codes = run.test_set.images.flatten(1)[:, :2]
    run.train_set = make_images(codes, 1 - run.test_set.labels)
    values = LatentQuality().values(run)
    assert values["knn_accuracy"] == values["linear_probe_accuracy"] == 0


def test_values_without_labels_need_none(unlabelled):
    assert LatentQuality().values(unlabelled).keys() == {
        "effective_rank",
        "num_dead_units",
        "latent_dim",
    }


def test_picture_shows_scores_and_the_images_they_are_of(run):
    drawing = LatentQuality(num_train_images=40, num_test_images=60).draw(run)
    scores, _ = drawing.axes
    assert [text.get_text() for text in scores.texts][:3] == ["100.0%", "100.0%", "1.000"]
    assert "40 of 80 training and 60 of 80 test images" in texts_of(drawing)


def test_picture_shows_shares_of_variance_and_dead_units(run):
    drawing = LatentQuality().draw(run)
    bars = drawing.axes[1].patches
    variances = run.test_set.images.flatten(1)[:, :2].var(0)
    shares = (100 * variances / variances.sum()).tolist()
    assert [bar.get_height() for bar in bars] == pytest.approx(shares, rel=1e-4)
    (crosses,) = drawing.axes[1].lines
    assert (crosses.get_xdata().tolist(), crosses.get_color()) == ([2], PALETTE[1])
    assert "effective rank 1.0 · 1 of 2 units dead" in texts_of(drawing)


def test_picture_without_labels_shows_the_variances_alone(unlabelled):
    drawing = LatentQuality().draw(unlabelled)
    assert len(drawing.axes) == 1
    assert len(drawing.axes[0].patches) == 2


def test_many_units_are_shown_as_one_falling_line(make_run, make_task):
    class Whole(type(make_task())):
        def encode(self, images):
            return images.flatten(1)

    images = torch.rand(30, 1, 16, 16)
    data = type(make_run().test_set)(images)
    (axes,) = LatentQuality().draw(make_run(data, tasks={None: Whole()})).axes
    assert len(axes.patches) == 0
    assert len(axes.collections) == 1


def test_codes_are_made_once_for_picture_and_values(run):
    figure = LatentQuality()
    figure.draw(run)
    batches = list(run.task().batch_sizes)
    figure.values(run)
    assert run.task().batch_sizes == batches == [1, 80, 80]


def test_values_of_another_run_are_its_own(run, unlabelled):
    figure = LatentQuality()
    assert len(figure.values(run)) > len(figure.values(unlabelled))
