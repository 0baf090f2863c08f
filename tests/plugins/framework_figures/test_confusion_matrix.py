import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from framework import ImageSet, Task
from framework_figures.confusion_matrix import ConfusionMatrix

NAMES = ("shoe", "shirt", "bag")


class Guessing(Task):
    """Says of an image what its first pixel says."""

    def losses(self, batch):  # noqa: ARG002
        return iter(())

    def evaluate(self, batch):
        guesses = (batch.images[:, 0, 0, 0] * 255).round().long()
        return torch.nn.functional.one_hot(guesses, 3).float(), batch.labels


class Answering(Guessing):
    """Answers images in the place of probabilities."""

    def evaluate(self, batch):
        return batch.images, batch.images


GUESSES = torch.tensor([0, 0, 1, 1, 1, 2, 0, 2])
LABELS = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2])


@pytest.fixture
def run(make_run):
    images = (GUESSES / 255).reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4)
    return make_run(test_set=ImageSet(images, LABELS), class_names=NAMES, tasks={None: Guessing()})


def test_values_are_the_scores_of_each_class(run):
    values = ConfusionMatrix().values(run)
    precision, recall, f1, _ = precision_recall_fscore_support(LABELS, GUESSES)
    assert values["accuracy"] == pytest.approx(5 / 8)
    for place, name in enumerate(NAMES):
        assert values[f"precision/{name}"] == pytest.approx(precision[place])
        assert values[f"recall/{name}"] == pytest.approx(recall[place])
        assert values[f"f1/{name}"] == pytest.approx(f1[place])


def test_picture_shows_each_row_in_percent(run):
    (axes,) = ConfusionMatrix().draw(run).axes
    counts = confusion_matrix(LABELS, GUESSES)
    shares = counts / counts.sum(1, keepdims=True)
    expected = {f"{share * 100:.1f}" for share in shares[shares > 0]}
    assert {text.get_text() for text in axes.texts} >= expected
    right, wrong = (image.get_array() for image in axes.images)
    assert np.allclose(right.filled(0), np.diag(np.diag(shares)))
    assert np.allclose(right.filled(0) + wrong.filled(0), shares)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES)
    assert "8 held-out images" in axes.get_title(loc="left")


def test_class_without_test_images_scores_nothing(make_run):
    images = ImageSet(torch.zeros(2, 1, 4, 4), torch.tensor([0, 0]))
    run = make_run(test_set=images, class_names=NAMES, tasks={None: Guessing()})
    values = ConfusionMatrix().values(run)
    assert (values["accuracy"], values["recall/bag"], values["precision/bag"]) == (1, 0, 0)


def test_task_without_classes_is_refused(run, make_run):
    run.tasks[None] = Answering()
    with pytest.raises(ValueError, match="a probability for each of 3 classes"):
        ConfusionMatrix().draw(run)
    unlabelled = ImageSet(run.test_set.images)
    with pytest.raises(ValueError, match="needs images with classes"):
        ConfusionMatrix().draw(make_run(test_set=unlabelled, tasks={None: Guessing()}))
