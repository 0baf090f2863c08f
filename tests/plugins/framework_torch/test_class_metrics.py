import pytest
import torch
from sklearn.metrics import f1_score

from framework import DataInfo
from framework_torch.class_metrics import accuracy, f1

DATA = DataInfo(image_shape=(1, 4, 4), num_train=6, num_test=6, num_classes=3)
GENERATOR = torch.Generator().manual_seed(0)
PROBABILITIES = torch.rand(50, 3, generator=GENERATOR).softmax(1)
CLASSES = torch.randint(3, (50,), generator=GENERATOR)


def measured(metric):
    for start in (0, 20, 40):  # portions of unequal length count image by image
        metric.update(PROBABILITIES[start : start + 20], CLASSES[start : start + 20])
    return metric.compute().item()


def test_accuracy_is_the_share_of_images():
    expected = (PROBABILITIES.argmax(1) == CLASSES).double().mean().item()
    assert measured(accuracy(DATA)) == pytest.approx(expected)


def test_f1_is_the_mean_over_classes():
    expected = f1_score(CLASSES.numpy(), PROBABILITIES.argmax(1).numpy(), average="macro")
    assert measured(f1(DATA)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("metric", [accuracy, f1])
def test_data_without_classes_are_refused(metric):
    with pytest.raises(ValueError, match="no classes"):
        metric(DataInfo(image_shape=(1, 4, 4), num_train=6, num_test=6))
