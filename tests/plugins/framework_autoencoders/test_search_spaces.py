"""The space of encoders stays within its ends and draws the same dimensions every time."""

from random import Random

import pytest

from framework.recipe.probes import first_of, last_of, random_of
from framework.search_spaces import Choose
from framework_autoencoders.search_spaces import SymmetricConvSpace


@pytest.mark.parametrize(
    ("suggest", "expected"),
    [
        (
            first_of,
            {
                "channels": [4, 4],
                "kernel_sizes": [2, 2],
                "strides": [1, 1],
                "paddings": [0, 0],
                "hidden_dims": [8],
                "dropout": 0.0,
                "latent_dim": 1,
            },
        ),
        (
            last_of,
            {
                "channels": [8, 16, 32, 64],
                "kernel_sizes": [6, 6, 6, 6],
                "strides": [4, 4, 4, 4],
                "paddings": [3, 3, 3, 3],
                "hidden_dims": [256, 128, 64],
                "dropout": 0.7,
                "latent_dim": 16,
            },
        ),
    ],
)
def test_ends_are_those_that_were_published(suggest, expected):
    assert SymmetricConvSpace().draw(Choose(suggest)) == expected


def test_paddings_go_up_to_half_of_each_kernel_and_are_all_met():
    random, met = Random(1), set()  # noqa: S311
    space = SymmetricConvSpace()
    for _ in range(200):
        drawn = space.draw(Choose(lambda dimension: random_of(dimension, random)))
        met |= set(zip(drawn["kernel_sizes"], drawn["paddings"], strict=True))
    assert met == {
        (kernel, padding) for kernel in range(2, 7) for padding in range(kernel // 2 + 1)
    }


@pytest.mark.parametrize("number", range(4))
def test_dimensions_are_the_same_whatever_is_drawn(number):
    random = Random(number)  # noqa: S311
    everything = names(first_of)
    assert names(lambda dimension: random_of(dimension, random)) == everything
    assert len(everything) == 1 + 4 * 4 + 1 + 3 + 1 + 1


def test_ends_can_be_set():
    space = SymmetricConvSpace(
        num_conv=(1, 1),
        min_channels=2,
        kernel_sizes=(3, 3),
        strides=(2, 2),
        num_hidden=(0, 0),
        max_dropout=0.0,
        latent_dims=(4, 4),
    )
    assert space.draw(Choose(last_of)) == {
        "channels": [4],
        "kernel_sizes": [3],
        "strides": [2],
        "paddings": [1],
        "hidden_dims": [],
        "dropout": 0.0,
        "latent_dim": 4,
    }


def test_hidden_layer_that_could_not_exist_is_refused():
    with pytest.raises(ValueError, match="hidden layer 7 could have 4 neurons at most, fewer than"):
        SymmetricConvSpace(num_hidden=(1, 7))


def names(suggest):
    met = []

    def noting(dimension):
        met.append(dimension.name)
        return suggest(dimension)

    SymmetricConvSpace().draw(Choose(noting))
    return met
