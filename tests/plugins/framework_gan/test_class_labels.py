import pytest
import torch

from framework import DataInfo
from framework_gan.class_labels import number_of_classes, with_classes


def test_label_becomes_a_feature_per_class():
    values = torch.tensor([[0.5], [0.25]])
    expected = torch.tensor([[0.5, 0, 0, 1], [0.25, 1, 0, 0]])
    assert torch.equal(with_classes(values, torch.tensor([2, 0]), 3), expected)


def test_label_becomes_a_plane_per_class_of_an_image():
    told = with_classes(torch.zeros(2, 1, 3, 4), torch.tensor([1, 0]), 2)
    assert told.shape == (2, 3, 3, 4)
    assert told.mean((2, 3)).tolist() == [[0, 0, 1], [0, 1, 0]]


def test_without_classes_labels_do_not_count():
    values = torch.rand(2, 3)
    assert with_classes(values, torch.tensor([1, 0]), 0) is values


def test_missing_labels_are_refused():
    with pytest.raises(ValueError, match="needs the class labels of a batch, and it has none"):
        with_classes(torch.rand(2, 3), None, 4)


@pytest.mark.parametrize(("conditional", "number"), [(True, 4), (False, 0)])
def test_only_conditional_networks_are_told_of_classes(conditional, number):
    data = DataInfo(image_shape=(1, 2, 2), num_train=1, num_test=1, num_classes=4)
    assert number_of_classes(data, conditional=conditional) == number


def test_data_without_labels_have_no_conditional_networks():
    data = DataInfo(image_shape=(1, 2, 2), num_train=1, num_test=1)
    assert number_of_classes(data, conditional=False) == 0
    with pytest.raises(ValueError, match="conditional: true needs class labels"):
        number_of_classes(data, conditional=True)
