import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import nn

from framework_figures.frechet import frechet_distance


def make_images(count, *, shift=0.0, scale=1.0, seed=0):
    """Images of four pixels, which are correlated."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(count, 4, generator=generator)
    values[:, 1] += values[:, 0]
    return (values * scale + shift).reshape(count, 1, 2, 2)


def directly(some, others):
    """The distance as the paper writes it."""
    one, other = (features.flatten(1).double().numpy() for features in (some, others))
    between = sqrtm(np.cov(one.T) @ np.cov(other.T)).real
    spread = np.trace(np.cov(one.T) + np.cov(other.T) - 2 * between)
    return ((one.mean(0) - other.mean(0)) ** 2).sum() + spread


def pixels(images):
    return images.flatten(1)


def test_distance_is_that_of_the_normal_distributions_of_the_features():
    some, others = make_images(500), make_images(300, shift=0.7, scale=1.5, seed=1)
    expected = directly(some, others)
    assert expected > 2
    assert frechet_distance(pixels, [some], [others]) == pytest.approx(expected, rel=1e-3)


def test_features_are_those_of_the_judge():
    torch.manual_seed(0)
    judge = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.Tanh())
    some, others = make_images(400), make_images(400, shift=1, seed=1)
    with torch.no_grad():
        expected = directly(judge(some), judge(others))
    assert frechet_distance(judge, [some], [others]) == pytest.approx(expected, rel=1e-3)


def test_features_of_any_shape_are_flattened():
    some, others = make_images(200), make_images(200, shift=1, seed=1)
    flat = frechet_distance(pixels, [some], [others])
    assert frechet_distance(nn.Identity(), [some], [others]) == pytest.approx(flat)


def test_shift_alone_counts_squared():
    some = make_images(400)
    assert frechet_distance(pixels, [some], [some + 0.5]) == pytest.approx(4 * 0.25, rel=1e-3)


def test_equal_images_are_at_no_distance():
    some = make_images(200)
    assert frechet_distance(pixels, [some], [some]) == pytest.approx(0, abs=1e-4)


def test_batches_are_as_good_as_one():
    some, others = make_images(90), make_images(70, shift=0.4, seed=1)
    whole = frechet_distance(pixels, [some], [others])
    portions = iter(some.split(40)), iter(others.split([1, 69]))
    assert frechet_distance(pixels, *portions) == pytest.approx(whole, rel=1e-4)


def test_gradients_are_not_recorded():
    seen = []

    def judge(images):
        seen.append(torch.is_grad_enabled())
        return pixels(images)

    frechet_distance(judge, [make_images(9)], [make_images(9)])
    assert not any(seen)


def test_no_images_at_all_are_refused():
    with pytest.raises(ValueError, match="there are no images to compare"):
        frechet_distance(pixels, [], [])
