import pytest

from framework.runs.epoch_lengths import iteration_now, words_on_length


@pytest.mark.parametrize(
    ("epoch", "iteration", "before", "now", "expected"),
    [
        (2, 16, 8, 8, 16),
        (2, 19, 8, 8, 19),
        (2, 16, 8, 6, 12),
        (2, 20, 8, 6, 15),
        (2, 23, 8, 6, 17),
        (2, 23, 8, 1, 2),  # always less than an epoch
        (2, 23, 8, 28, 80),
        (0, 3, 8, 6, 2),
        (2, 16, None, 8, 16),  # an early release
        (2, 19, None, 8, 19),
        (2, 16, None, 6, 12 + 4),
        (2, 16, None, 7, 14 + 2),
        (2, 16, None, 9, 18),
        (2, 60, None, 8, 23),
    ],
)
def test_completed_epochs_stay_completed(epoch, iteration, before, now, expected):
    state = {"epoch": epoch, "iteration": iteration, "epoch_length": before}
    if before is None:
        del state["epoch_length"]
    assert iteration_now(state, now) == expected
    assert expected // now == epoch


def test_other_length_is_told():
    state = {"epoch": 1, "iteration": 8, "epoch_length": 8}
    assert list(words_on_length(state, 6)) == ["an epoch had 8 iterations and has 6 from here on"]
    assert list(words_on_length(state, 8)) == list(words_on_length({}, 8)) == []
