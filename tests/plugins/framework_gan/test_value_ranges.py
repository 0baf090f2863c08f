import pytest
import torch

from framework_gan.value_ranges import Centred, ScaledTanh

RANGES = [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-3.0, -1.0)]


@pytest.mark.parametrize("value_range", RANGES)
def test_ends_of_the_range_become_minus_one_and_one(value_range):
    low, high = value_range
    centred = Centred(value_range)(torch.tensor([low, (low + high) / 2, high]))
    torch.testing.assert_close(centred, torch.tensor([-1.0, 0.0, 1.0]))


@pytest.mark.parametrize("value_range", RANGES)
def test_tangent_fills_the_range_and_is_undone_by_centring(value_range):
    values = torch.tensor([-50.0, -0.5, 0.0, 2.0, 50.0])
    images = ScaledTanh(value_range)(values)
    assert (images[0].item(), images[-1].item()) == pytest.approx(value_range)
    torch.testing.assert_close(Centred(value_range)(images), values.tanh())
