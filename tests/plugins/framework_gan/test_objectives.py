import math

import pytest
import torch
import torch.nn.functional as F

from framework_gan.objectives import (
    Hinge,
    LeastSquares,
    NonSaturating,
    WassersteinGradientPenalty,
)

REAL = torch.tensor([2.0, -0.5, 0.3])
GENERATED = torch.tensor([-1.5, 0.4, 1.2])


def test_non_saturating_is_both_cross_entropies():
    expected = F.binary_cross_entropy(REAL.sigmoid(), torch.ones(3))
    expected = expected + F.binary_cross_entropy(GENERATED.sigmoid(), torch.zeros(3))
    assert NonSaturating().discriminator_loss(REAL, GENERATED) == pytest.approx(expected.item())
    wanted = F.binary_cross_entropy(GENERATED.sigmoid(), torch.ones(3))
    assert NonSaturating().generator_loss(GENERATED) == pytest.approx(wanted.item())


def test_non_saturating_is_two_log_two_where_nothing_tells_them_apart():
    zeros = torch.zeros(4)
    loss = NonSaturating().discriminator_loss(zeros, zeros)
    assert loss.item() == pytest.approx(2 * math.log(2))


def test_label_smoothing_is_one_sided():
    expected = F.binary_cross_entropy(REAL.sigmoid(), torch.full((3,), 0.9))
    expected = expected + F.binary_cross_entropy(GENERATED.sigmoid(), torch.zeros(3))
    smoothed = NonSaturating(label_smoothing=0.1)
    assert smoothed.discriminator_loss(REAL, GENERATED).item() == pytest.approx(expected.item())
    assert smoothed.generator_loss(GENERATED) == NonSaturating().generator_loss(GENERATED)


@pytest.mark.parametrize("sign", [1, -1])
def test_non_saturating_stays_finite_for_large_logits(sign):
    logits = torch.full((2,), sign * 1e4)
    assert NonSaturating().discriminator_loss(logits, -logits).isfinite()
    assert NonSaturating().generator_loss(logits).isfinite()


def test_outputs_are_probabilities_where_logits_stand_for_them():
    assert torch.equal(NonSaturating().outputs(REAL), REAL.sigmoid())
    for objective in (LeastSquares(), Hinge(), WassersteinGradientPenalty()):
        assert torch.equal(objective.outputs(REAL), REAL)


def test_least_squares_by_hand():
    real, generated = torch.tensor([3.0, 1.0]), torch.tensor([1.0, -1.0])
    assert LeastSquares().discriminator_loss(real, generated).item() == (4 / 2 + 2 / 2) / 2
    assert LeastSquares().generator_loss(generated).item() == 4 / 2 / 2


def test_hinge_by_hand():
    real, generated = torch.tensor([3.0, 0.5]), torch.tensor([-2.0, 0.0])
    assert Hinge().discriminator_loss(real, generated).item() == 0.5 / 2 + 1 / 2
    assert Hinge().generator_loss(generated).item() == 1.0


def test_wasserstein_is_the_difference_of_the_means():
    objective = WassersteinGradientPenalty()
    expected = GENERATED.mean() - REAL.mean()
    assert torch.equal(objective.discriminator_loss(REAL, GENERATED), expected)
    assert torch.equal(objective.generator_loss(GENERATED), -GENERATED.mean())
    assert objective.discriminator_steps == 5


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_penalty_is_the_squared_deviation_of_the_slope_from_one(slope):
    direction = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    direction = direction / direction.norm()
    real, generated = torch.rand(2, 5, 2, 4, 4)
    penalty = WassersteinGradientPenalty(penalty_weight=2.0).penalty(
        lambda images: slope * (images * direction).sum((1, 2, 3)), real, generated
    )
    assert penalty.item() == pytest.approx(2 * (slope - 1) ** 2, abs=1e-5)


def test_penalty_is_taken_between_real_and_generated_images():
    seen = []

    def look(images):
        seen.append(images)
        return images.flatten(1).sum(1)

    real, generated = torch.zeros(64, 1, 2, 2), torch.ones(64, 1, 2, 2)
    WassersteinGradientPenalty().penalty(look, real, generated)
    (places,) = seen
    assert ((places >= 0) & (places <= 1)).all()
    assert (places.flatten(1).std(1) == 0).all()  # one share for an image
    assert places[:, 0, 0, 0].std() > 0.2


def test_penalty_reaches_the_weights_in_training_and_is_measured_without_gradients():
    weight = torch.nn.Parameter(torch.tensor(3.0))
    images = torch.rand(4, 1, 2, 2)

    def judge(images):
        return (weight * images).flatten(1).sum(1)

    penalty = WassersteinGradientPenalty().penalty(judge, images, images)
    (slope,) = torch.autograd.grad(penalty, weight)
    assert slope.item() == pytest.approx(10 * 2 * (3 * 2 - 1) * 2)
    with torch.no_grad():
        measured = WassersteinGradientPenalty().penalty(judge, images, images)
        assert torch.equal(measured, penalty.detach())
        assert not measured.requires_grad
        assert not torch.is_grad_enabled()
    assert weight.grad is None
