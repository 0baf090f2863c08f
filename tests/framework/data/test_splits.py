"""Hold-out splits are disjoint, complete and a function of their seed alone."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from framework.data.splits import hold_out
from framework.errors import DataError


@given(st.integers(2, 500), st.floats(0.05, 0.95), st.integers(0, 2**40))
def test_hold_out_covers_every_image_once(num_images, fraction, seed):
    try:
        train, validation = hold_out(num_images, fraction=fraction, seed=seed)
    except DataError:
        assert round(num_images * fraction) in {0, num_images}
        return
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(num_images))
    assert len(validation) == round(num_images * fraction)


def test_hold_out_depends_on_the_seed_alone():
    torch.manual_seed(1)
    first = hold_out(100, fraction=0.2, seed=5)
    torch.manual_seed(2)
    again = hold_out(100, fraction=0.2, seed=5)
    other = hold_out(100, fraction=0.2, seed=6)
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


def test_hold_out_of_nothing_trains_on_everything():
    train, validation = hold_out(10, fraction=0.0, seed=0)
    assert train.tolist() == list(range(10))
    assert len(validation) == 0


def test_hold_out_refuses_an_empty_split():
    with pytest.raises(DataError, match="3 images into 3 for training and 0 for validation"):
        hold_out(3, fraction=0.1, seed=0)
