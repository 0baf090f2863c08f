import pytest
import torch
from torch import nn

from framework_autoencoders.losses import (
    BinaryCrossEntropy,
    IterativeReconstruction,
    MeanSquaredError,
)


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


PASSES = tuple(6 * draw(5, 2, 7, 9, seed=seed) - 3 for seed in (2, 3, 4))


@pytest.mark.parametrize("base", [MeanSquaredError, BinaryCrossEntropy])
def test_passes_are_each_compared_with_the_images_and_added_up(base):
    loss = IterativeReconstruction(base=base())
    assert loss.num_passes == 3
    expected = sum(base()(logits, IMAGES) for logits in PASSES)
    torch.testing.assert_close(loss(PASSES, IMAGES), expected)


def test_passes_have_weights():
    loss = IterativeReconstruction(base=MeanSquaredError(), num_passes=2, weights=(1.0, 0.25))
    first, second = (MeanSquaredError()(logits, IMAGES) for logits in PASSES[:2])
    torch.testing.assert_close(loss(PASSES[:2], IMAGES), first + second / 4)


def test_one_pass_is_the_base_loss():
    loss = IterativeReconstruction(base=BinaryCrossEntropy(), num_passes=1)
    torch.testing.assert_close(loss(LOGITS, IMAGES), BinaryCrossEntropy()(LOGITS, IMAGES))


@pytest.mark.parametrize("passes", [PASSES[:2], LOGITS])
def test_another_number_of_passes_is_no_silent_part_of_the_sum(passes):
    with pytest.raises(ValueError, match=r"shorter|longer"):
        IterativeReconstruction(base=MeanSquaredError())(passes, IMAGES)


def test_weights_of_another_number_are_refused():
    with pytest.raises(ValueError, match="2 weights for 3 passes; write one for each pass"):
        IterativeReconstruction(base=MeanSquaredError(), weights=(1.0, 0.5))


def test_base_of_several_passes_is_refused():
    inner = IterativeReconstruction(base=MeanSquaredError(), num_passes=2)
    with pytest.raises(ValueError, match="its base scores several passes itself"):
        IterativeReconstruction(base=inner)
