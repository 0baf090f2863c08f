import pytest
import torch

from framework_figures.likely_images import LikelyImages


@pytest.fixture
def images():
    """Images on a line: from the mean, one of two pixels goes up as the other goes down."""
    steps = torch.linspace(-0.2, 0.2, 41)
    return torch.stack([0.5 + steps, 0.5 - steps], dim=1).reshape(-1, 1, 1, 2)


def test_images_lie_where_those_of_the_data_do(images):
    likely = LikelyImages(images, (0.0, 1.0), num_components=1)
    first, second = likely.images(torch.tensor([[1.0], [-7.0]]))
    assert first.shape == (1, 1, 2)
    assert torch.allclose(first + second, torch.ones(1, 1, 2), atol=1e-5)
    middle = images.flatten(1).sub(0.5).norm(dim=1).median()
    assert (first - 0.5).norm().item() == pytest.approx(middle.item(), rel=0.02)


def test_values_are_cut_off_at_the_range(images):
    likely = LikelyImages(images, (0.45, 0.55), num_components=2)
    made = likely.images(likely.draw_codes(5))
    assert (made.min().item(), made.max().item()) == (pytest.approx(0.45), pytest.approx(0.55))


def test_codes_and_components_are_the_same_every_time(images):
    made = []
    for _ in range(2):
        likely = LikelyImages(images, (0.0, 1.0), num_components=2)
        made.append(likely.images(likely.draw_codes(3)))
        torch.rand(1)
    assert torch.equal(*made)


def test_no_more_components_than_pixels_or_images(images):
    assert LikelyImages(images, (0.0, 1.0), num_components=64).draw_codes(3).shape == (3, 2)
    assert LikelyImages(images[:1], (0.0, 1.0), num_components=64).draw_codes(3).shape == (3, 1)


def test_images_can_be_followed_back_to_their_codes(images):
    likely = LikelyImages(images, (0.0, 1.0), num_components=2)
    codes = likely.draw_codes(2).requires_grad_()
    likely.images(codes)[..., 0].sum().backward()
    assert codes.grad.abs().sum() > 0
