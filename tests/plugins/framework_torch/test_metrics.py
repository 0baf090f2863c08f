import math

import pytest
import torch
from torch.nn import functional as F

from framework import DataInfo
from framework_torch.metrics import mae, mse, psnr, ssim


def info(channels=1, height=28, width=28, value_range=(0.0, 1.0)):
    return DataInfo(
        image_shape=(channels, height, width), num_train=10, num_test=10, value_range=value_range
    )


def images(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def measured(metric, prediction, target, batch_size=4):
    pairs = zip(prediction.split(batch_size), target.split(batch_size), strict=True)
    for part, truth in pairs:
        metric.update(part, truth)
    return metric.compute().item()


PREDICTION, TARGET = images(10, 3, 28, 28), images(10, 3, 28, 28, seed=1)
EASY = torch.cat([TARGET[:8] * 0.99, PREDICTION[8:]])  # images of very different quality


@pytest.mark.parametrize(("factory", "direct"), [(mse, F.mse_loss), (mae, F.l1_loss)])
def test_error_is_the_mean_over_the_whole_set_with_a_short_last_batch(factory, direct):
    assert measured(factory(), EASY, TARGET) == pytest.approx(
        direct(EASY.double(), TARGET.double()).item(), rel=1e-5
    )


def test_psnr_comes_from_the_mean_squared_error_of_all_images():
    squared = (EASY.double() - TARGET.double()).square()
    of_all = -10 * math.log10(squared.mean())
    mean_of_each = (-10 * squared.mean(dim=(1, 2, 3)).log10()).mean().item()
    value = measured(psnr(info(channels=3)), EASY, TARGET)
    assert value == pytest.approx(of_all, rel=1e-5)
    assert abs(value - mean_of_each) > 1


def test_psnr_reads_the_value_range():
    narrow = measured(psnr(info(channels=3)), PREDICTION, TARGET)
    wide = measured(psnr(info(channels=3, value_range=(-1.0, 1.0))), PREDICTION, TARGET)
    assert wide - narrow == pytest.approx(20 * math.log10(2), rel=1e-4)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 28, 28), (1, 8, 8), (3, 6, 40)])
def test_ssim_is_one_for_equal_images_and_less_for_others(shape):
    data = info(*shape)
    target, other = images(5, *shape), images(5, *shape, seed=1)
    assert measured(ssim(data), target, target) == pytest.approx(1, abs=1e-5)
    assert measured(ssim(data), other, target) < 0.5


def test_ssim_is_the_mean_over_images():
    data = info(channels=3)
    each = [measured(ssim(data), a[None], b[None]) for a, b in zip(EASY, TARGET, strict=True)]
    assert measured(ssim(data), EASY, TARGET) == pytest.approx(sum(each) / len(each), rel=1e-5)


def test_ssim_refuses_images_smaller_than_its_window():
    with pytest.raises(ValueError, match="5 pixels to each side, too far for images of 5x28"):
        ssim(info(height=5))
    smaller = ssim(info(height=5), sigma=0.5)
    assert measured(smaller, images(2, 1, 5, 28), images(2, 1, 5, 28)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["mse", "mae", "psnr", "ssim"])
def test_metric_takes_channels_last_tensors(name):
    data = info(channels=3)
    make = {"mse": mse, "mae": mae, "psnr": lambda: psnr(data), "ssim": lambda: ssim(data)}[name]
    strided = PREDICTION.contiguous(memory_format=torch.channels_last)
    assert measured(make(), strided, TARGET) == pytest.approx(
        measured(make(), PREDICTION, TARGET), rel=1e-5
    )


def test_metric_forgets_everything_at_a_reset():
    metric = mse()
    measured(metric, PREDICTION, TARGET)
    metric.reset()
    assert measured(metric, TARGET, TARGET) == 0
