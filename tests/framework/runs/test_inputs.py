"""What users hand over becomes what networks take, or is refused with what was found."""

import numpy as np
import pytest
import torch

from framework.contracts import DataInfo
from framework.errors import DataError
from framework.runs.inputs import as_codes, as_images

GREY = DataInfo(image_shape=(1, 3, 4), num_train=1, num_test=1)
COLOUR = DataInfo(image_shape=(3, 5, 4), num_train=1, num_test=1, value_range=(-1.0, 1.0))


@pytest.mark.parametrize("shape", [(2, 1, 3, 4), (1, 3, 4), (2, 3, 4), (3, 4)])
def test_grey_images_may_come_without_their_channel_and_one_without_a_batch(shape):
    images = as_images(np.random.default_rng(0).random(shape), GREY)
    assert images.shape == (2 if shape[0] == 2 else 1, 1, 3, 4)
    assert images.dtype == torch.float32


def test_pixels_are_mapped_to_the_value_range():
    pixels = np.array([0, 51, 255], dtype=np.uint8).reshape(3, 1, 1, 1)
    images = as_images(np.broadcast_to(pixels, (3, 3, 5, 4)), COLOUR)
    assert images[:, 0, 0, 0].tolist() == pytest.approx([-1, -0.6, 1])
    assert as_images(torch.from_numpy(pixels).expand(3, 3, 5, 4), COLOUR).equal(images)


@pytest.mark.parametrize("kind", ["<f2", ">f4", "<f8", ">f8", "longdouble"])
def test_floating_point_values_of_any_kind_stay_what_they_are(kind):
    values = np.linspace(0, 1, 12).reshape(1, 1, 3, 4).astype(kind)
    images = as_images(values[..., ::-1], GREY)
    assert np.allclose(images.numpy(), values[..., ::-1].astype(float), atol=1e-3)


def test_what_rounding_pushed_out_of_the_range_passes():
    assert as_images(torch.full((1, 1, 3, 4), 1.000001), GREY).shape == (1, 1, 3, 4)


def test_the_users_tensor_is_not_changed():
    values = torch.full((1, 1, 3, 4), 255, dtype=torch.uint8)
    as_images(values, GREY)
    assert (values == 255).all()


@pytest.mark.parametrize(
    ("values", "data", "complaint"),
    [
        (
            np.zeros((2, 1, 4, 3)),
            GREY,
            "x.npy: error: expected images of shape (any, 1, 3, 4), found (2, 1, 4, 3) [D084]",
        ),
        (
            np.zeros((2, 5, 4, 3)),
            COLOUR,
            "x.npy: error: expected images of shape (any, 3, 5, 4), found (2, 5, 4, 3); "
            "channels come before height and width [D084]",
        ),
        (np.zeros((5, 4)), COLOUR, "found (5, 4) [D084]"),
        (np.float64(1.0), GREY, "found a float64 [D085]"),
        (np.zeros((0, 1, 3, 4)), GREY, "x.npy: error: there are no images [D032]"),
        (np.zeros((1, 3, 4), int), GREY, "found int64; convert them to one of the two [D085]"),
        (np.zeros((1, 3, 4), bool), GREY, "found bool; convert"),
        (
            np.full((1, 3, 4), 7.5),
            GREY,
            "expected values from 0 to 1, found 7.5 to 7.5; scale them, or give uint8 pixels",
        ),
        (np.full((1, 3, 4), -0.1), GREY, "found -0.1 to -0.1"),
        (np.full((1, 3, 4), np.nan), GREY, "found nan to nan"),
        (np.full((1, 3, 4), np.inf), GREY, "found inf to inf"),
        (np.array(["a"]), GREY, "expected a NumPy array or a tensor of numbers, found one of <U1"),
        (np.zeros((1, 3, 4), complex), GREY, "found one of complex128 [D085]"),
        ([[0.5]], GREY, "found a list [D085]"),
    ],
)
def test_what_is_no_such_image_is_refused(values, data, complaint):
    with pytest.raises(DataError) as caught:
        as_images(values, data, place="x.npy")
    assert complaint in str(caught.value)


def test_codes_take_the_type_that_codes_have():
    codes = as_codes(np.ones((2, 3)), torch.zeros(3))
    assert (codes.dtype, codes.shape) == (torch.float32, (2, 3))
    assert as_codes(np.ones((2, 3)), torch.zeros(3, dtype=torch.int64)).dtype == torch.int64


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (np.ones((2, 4)), "codes: error: expected an array of shape (any, 3), found (2, 4) [D084]"),
        (np.ones(3), "found (3)"),
        (np.array(1.0), "found ()"),
        (np.ones((0, 3)), "there are no codes [D032]"),
        (np.full((1, 3), np.inf), "some values are not finite [D085]"),
    ],
)
def test_what_is_no_such_code_is_refused(values, complaint):
    with pytest.raises(DataError) as caught:
        as_codes(values, torch.zeros(3))
    assert complaint in str(caught.value)
