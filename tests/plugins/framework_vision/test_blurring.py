import pytest
import torch
from torch.nn import functional as F

from framework import DataInfo
from framework_vision.blurring import Blur


def make_data(side=28, value_range=(0.0, 1.0)):
    return DataInfo(image_shape=(1, side, side), num_train=1, num_test=1, value_range=value_range)


def test_point_becomes_a_gaussian():
    images = F.pad(torch.ones(1, 1, 1, 1), (14, 13, 14, 13))
    blurred = Blur(make_data(), sigma=1.5)(images)
    assert blurred.shape == images.shape
    offsets = torch.arange(28) - 14.0
    spread = (blurred.sum((0, 1, 2)) * offsets.square()).sum()
    assert blurred.sum().item() == pytest.approx(1, rel=1e-5)
    assert spread.item() == pytest.approx(1.5**2, rel=0.05)


def test_even_images_stay_as_they_are():
    images = torch.full((2, 1, 28, 28), 0.5)
    torch.testing.assert_close(Blur(make_data())(images), images)


def test_blurred_images_stay_in_the_value_range():
    data = make_data(value_range=(-1.0, 1.0))
    images = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0)).round() * 2 - 1
    blurred = Blur(data, sigma=0.5)(images)
    assert -1 <= blurred.min() < blurred.max() <= 1


def test_blur_with_another_sigma_is_that_of_one_built_with_it():
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    blur = Blur(make_data(), sigma=0.5)
    blur.sigma = 2.0
    assert torch.equal(blur(images), Blur(make_data(), sigma=2.0)(images))
    with pytest.raises(ValueError, match="too far for images of 28x28"):
        blur.sigma = 10.0
    assert blur.sigma == 2.0


def test_window_beyond_the_image_is_refused():
    Blur(make_data(side=8), sigma=2.3)
    with pytest.raises(ValueError, match="looks 8 pixels to each side, too far for images of 8x8"):
        Blur(make_data(side=8), sigma=2.5)
