import pytest
import torch
from torch import nn

from framework import DataInfo
from framework_classification.heads import MLPHead

DATA = DataInfo(image_shape=(1, 8, 8), num_train=4, num_test=4, num_classes=3)


def make_encoder(*, dropout=0.0):
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(dropout), nn.Flatten(), nn.Linear(72, 5)
    )


def test_head_without_hidden_layers_is_a_linear_probe():
    head = MLPHead(DATA, make_encoder())
    linear = [module for module in head.modules() if isinstance(module, nn.Linear)]
    assert [(each.in_features, each.out_features) for each in linear] == [(5, 3)]
    assert head(torch.zeros(2, 5)).shape == (2, 3)


def test_hidden_layers_have_the_sizes_asked_for():
    head = MLPHead(DATA, make_encoder(), hidden_dims=(7, 6), activation="tanh", dropout=0.5)
    kinds = [type(module).__name__ for module in head.layers]
    block = ["Dropout", "Linear", "Tanh"]
    assert kinds == ["Flatten", *block, *block, "Linear"]
    assert [m.out_features for m in head.layers if isinstance(m, nn.Linear)] == [7, 6, 3]


def test_codes_of_any_shape_are_flattened():
    head = MLPHead(DATA, nn.Conv2d(1, 2, 3))
    assert head(torch.zeros(4, 2, 6, 6)).shape == (4, 3)


def test_asking_the_encoder_leaves_it_as_it_was():
    encoder = make_encoder(dropout=0.5).train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    MLPHead(DATA, encoder)
    assert encoder.training
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_head_is_built_on_the_meta_device():
    with torch.device("meta"):
        head = MLPHead(DATA, make_encoder(), hidden_dims=(4,))
    assert head(torch.zeros(2, 5, device="meta")).shape == (2, 3)


@pytest.mark.parametrize("num_classes", [0, 1])
def test_data_without_two_classes_are_refused(num_classes):
    data = DataInfo(image_shape=(1, 8, 8), num_train=4, num_test=4, num_classes=num_classes)
    with pytest.raises(ValueError, match=f"has {num_classes} classes"):
        MLPHead(data, make_encoder())
