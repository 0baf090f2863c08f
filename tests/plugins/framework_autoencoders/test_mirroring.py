import pytest
from torch import nn

from framework import DataInfo
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.mirroring import mirrorable


def test_encoder_that_states_all_is_answered_as_it_is():
    encoder = ConvEncoder(DataInfo(image_shape=(1, 28, 28), num_train=1, num_test=1))
    assert mirrorable(encoder) is encoder


def test_what_an_encoder_does_not_state_is_named():
    encoder = nn.Linear(2, 2)
    encoder.latent_dim = 2
    with pytest.raises(ValueError, match=r"Linear cannot be mirrored: .* image_shape, channels, "):
        mirrorable(encoder)
    with pytest.raises(ValueError, match="hidden_dims, activation; take"):
        mirrorable(encoder)
