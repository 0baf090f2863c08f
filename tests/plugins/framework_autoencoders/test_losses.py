import pytest
import torch
from torch import nn

from framework_autoencoders.losses import BinaryCrossEntropy, MeanSquaredError


def draw(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


LOGITS, IMAGES = 6 * draw(5, 2, 7, 9) - 3, draw(5, 2, 7, 9, seed=1)


def direct_mse(logits, images):
    return ((1 / (1 + (-logits).exp()) - images) ** 2).mean()


def direct_bce(logits, images):
    probability = 1 / (1 + (-logits).exp())
    return -(images * probability.log() + (1 - images) * (1 - probability).log()).mean()


@pytest.mark.parametrize(
    ("loss", "direct"), [(MeanSquaredError, direct_mse), (BinaryCrossEntropy, direct_bce)]
)
def test_loss_equals_a_direct_computation_in_double_precision(loss, direct):
    assert loss()(LOGITS, IMAGES).item() == pytest.approx(
        direct(LOGITS.double(), IMAGES.double()).item(), rel=1e-6
    )


@pytest.mark.parametrize("loss", [MeanSquaredError, BinaryCrossEntropy])
@pytest.mark.parametrize("extreme", [-1e4, 1e4])
@pytest.mark.parametrize("image", [0.0, 1.0])
def test_extreme_logits_give_finite_losses_and_gradients(loss, extreme, image):
    logits = torch.full((1, 1, 2, 2), extreme, requires_grad=True)
    value = loss()(logits, torch.full((1, 1, 2, 2), image))
    value.backward()
    assert value.isfinite()
    assert logits.grad.isfinite().all()
    assert (value < 1e-6) == ((extreme > 0) == (image > 0.5))


@pytest.mark.parametrize("loss", [MeanSquaredError, BinaryCrossEntropy])
def test_loss_declares_its_target_range_and_has_no_weights(loss):
    assert loss.target_range == (0.0, 1.0)
    assert not list(loss().parameters())
    assert isinstance(loss(), nn.Module)


@pytest.mark.parametrize("loss", [MeanSquaredError, BinaryCrossEntropy])
def test_loss_is_the_mean_over_images(loss):
    each = [loss()(logits[None], image[None]) for logits, image in zip(LOGITS, IMAGES, strict=True)]
    torch.testing.assert_close(loss()(LOGITS, IMAGES), torch.stack(each).mean())
