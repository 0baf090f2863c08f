import pytest
import torch
from torch import nn

from framework_gan.initialization import draw_small_weights


@pytest.mark.parametrize(
    ("layer", "mean"),
    [
        (nn.Linear(60, 60), 0.0),
        (nn.Conv2d(20, 20, 4), 0.0),
        (nn.ConvTranspose2d(20, 20, 4, bias=False), 0.0),
        (nn.BatchNorm2d(4000), 1.0),
    ],
)
def test_weights_are_normal_around_their_mean(layer, mean):
    torch.manual_seed(0)
    draw_small_weights(nn.Sequential(layer))
    assert layer.weight.mean().item() == pytest.approx(mean, abs=2e-3)
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert layer.bias is None or not layer.bias.any()
