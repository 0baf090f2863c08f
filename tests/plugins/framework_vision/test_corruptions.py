import pytest
import torch

from framework import DataInfo
from framework_vision.corruptions import GaussianNoise, Occlusion, SaltAndPepper

RANGES = [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]


def make_data(low=0.0, high=1.0, shape=(3, 12, 20)):
    return DataInfo(image_shape=shape, num_train=1, num_test=1, value_range=(low, high))


def grey(data, num_images=50):
    low, high = data.value_range
    return torch.full((num_images, *data.image_shape), (low + high) / 2)


CORRUPTIONS = [GaussianNoise, SaltAndPepper, Occlusion]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("value_range", RANGES, ids=str)
def test_corrupted_images_stay_in_the_value_range(corruption, value_range):
    data = make_data(*value_range)
    images = grey(data)
    spoilt = corruption(data)(images)
    assert spoilt.shape == images.shape
    assert value_range[0] <= spoilt.min() < spoilt.max() <= value_range[1]
    assert torch.equal(images, grey(data))


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_each_image_is_spoilt_in_its_own_way(corruption):
    data = make_data()
    spoilt = corruption(data)(grey(data, 4))
    assert all(not torch.equal(spoilt[0], other) for other in spoilt[1:])


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_noise_is_a_function_of_the_global_random_state(corruption):
    data, images = make_data(), grey(make_data())
    spoil = corruption(data)
    torch.manual_seed(7)
    first = spoil(images)
    assert not torch.equal(spoil(images), first)
    torch.manual_seed(7)
    assert torch.equal(spoil(images), first)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_corruption_can_be_shaped_on_the_meta_device(corruption):
    data = make_data()
    spoilt = corruption(data)(grey(data).to("meta"))
    assert (spoilt.shape, spoilt.device.type) == (grey(data).shape, "meta")


@pytest.mark.parametrize("value_range", RANGES, ids=str)
def test_standard_deviation_is_a_share_of_the_value_range(value_range):
    data = make_data(*value_range)
    noise = GaussianNoise(data, std=0.1)(grey(data)) - grey(data)
    span = value_range[1] - value_range[0]
    assert noise.std().item() == pytest.approx(0.1 * span, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.005 * span)


@pytest.mark.parametrize(
    ("corruption", "name"), [(GaussianNoise, "std"), (SaltAndPepper, "amount")]
)
def test_none_of_it_leaves_images_as_they_are(corruption, name):
    data = make_data()
    assert torch.equal(corruption(data, **{name: 0.0})(grey(data)), grey(data))


def test_grains_are_white_or_black_and_as_many_as_asked_for():
    data = make_data(-1.0, 1.0)
    spoilt = SaltAndPepper(data, amount=0.2)(grey(data, 200))
    assert set(spoilt.unique().tolist()) == {-1.0, 0.0, 1.0}
    for value in (-1.0, 1.0):
        assert (spoilt == value).float().mean().item() == pytest.approx(0.1, rel=0.05)


def test_grain_hits_all_channels_of_a_pixel():
    spoilt = SaltAndPepper(make_data(), amount=0.5)(grey(make_data()))
    assert torch.equal(spoilt, spoilt[:, :1].expand_as(spoilt))


def test_all_pixels_may_be_hit():
    spoilt = SaltAndPepper(make_data(), amount=1.0)(grey(make_data()))
    assert set(spoilt.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(("side_fraction", "side"), [(0.25, 3), (1.0, 12), (0.01, 1)])
def test_square_has_its_size_and_lies_within_the_image(side_fraction, side):
    data = make_data(-1.0, 1.0)
    covered = Occlusion(data, side_fraction=side_fraction)(grey(data)) == -1.0
    assert torch.equal(covered.any(3).sum(2), torch.full((50, 3), side))
    assert torch.equal(covered.any(2).sum(2), torch.full((50, 3), side))
    assert torch.equal(covered.sum((2, 3)), torch.full((50, 3), side * side))


def test_square_reaches_every_border():
    covered = Occlusion(make_data(), side_fraction=0.25)(grey(make_data(), 2000)) == 0
    reached = covered[:, 0].any(0)
    assert reached[0].any()
    assert reached[-1].any()
    assert reached[:, 0].any()
    assert reached[:, -1].any()
