import pytest
import torch

from framework_classification.losses import CrossEntropy, NegativeLogLikelihood

LOGITS = torch.randn(7, 4, generator=torch.Generator().manual_seed(0)) * 3
CLASSES = torch.tensor([0, 1, 2, 3, 0, 1, 2])


def test_cross_entropy_is_the_mean_logarithm_of_the_right_probability():
    probabilities = LOGITS.softmax(1)[torch.arange(7), CLASSES]
    torch.testing.assert_close(CrossEntropy()(LOGITS, CLASSES), -probabilities.log().mean())


def test_log_softmax_with_nll_is_cross_entropy():
    torch.testing.assert_close(
        NegativeLogLikelihood()(LOGITS, CLASSES), CrossEntropy()(LOGITS, CLASSES)
    )


@pytest.mark.parametrize("loss", [CrossEntropy(), NegativeLogLikelihood()])
def test_loss_stays_finite_for_large_logits(loss):
    assert loss(torch.tensor([[1e4, -1e4]]), torch.tensor([1])).item() == 2e4


def test_smoothing_spreads_a_share_over_all_classes():
    share = 0.2
    spread = -LOGITS.log_softmax(1).mean(1).mean()
    expected = (1 - share) * CrossEntropy()(LOGITS, CLASSES) + share * spread
    smoothed = CrossEntropy(label_smoothing=share)(LOGITS, CLASSES)
    torch.testing.assert_close(smoothed, expected)
