"""Whatever is wrong with a loaded data set is named before anything is trained on it."""

import pytest
import torch

from framework.contracts import DataInfo, ImageSet
from framework.data.soundness import require_sound
from framework.errors import DataError
from framework.lazy_images import LazyImages

INFO = DataInfo(image_shape=(1, 2, 2), num_train=6, num_test=6, num_classes=3)


def images(strange=None):
    pixels = torch.arange(24, dtype=torch.float32).reshape(6, 1, 2, 2) / 23
    for place, value in (strange or {}).items():
        pixels[place, 0, 1, 1] = value
    return pixels


def faults_of(pixels, *, labels=None, split="training"):
    with pytest.raises(DataError) as caught:
        require_sound(ImageSet(pixels, labels), INFO, split)
    return [(fault.identifier, fault.message) for fault in caught.value.faults]


def test_sound_data_pass():
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    require_sound(ImageSet(images(), labels), INFO, "training")
    pixels = torch.randint(0, 256, (6, 1, 2, 2), dtype=torch.uint8)
    require_sound(ImageSet(pixels), INFO, "training")
    require_sound(ImageSet(torch.zeros_like(pixels)), INFO, "test")


@pytest.mark.parametrize(
    ("value", "words"), [(torch.nan, "nan"), (torch.inf, "inf"), (1.5, "1.5"), (-0.1, "-0.1")]
)
def test_first_image_with_a_strange_pixel_is_named(value, words):
    (found,) = faults_of(images({2: value, 4: value}))
    message = f"training image 2 holds {words}, expected 0 to 1 (2 of 6 images hold such values)"
    assert found == ("D031", message)


def test_constant_set_is_refused():
    (found,) = faults_of(torch.full((6, 1, 2, 2), 9, dtype=torch.uint8))
    assert found == ("D031", "all pixels of all training images are 9")


def test_faults_of_labels_and_pixels_come_together():
    labels = torch.tensor([0, 1, 3, 0, -1, 2])
    found = faults_of(images({1: 2.0}), labels=labels, split="test")
    assert [identifier for identifier, _ in found] == ["D030", "D031"]
    assert "label 2 of the test images is 3, expected 0 to 2 (2 of 6" in found[0][1]


def test_empty_split_is_refused():
    (found,) = faults_of(torch.zeros(0, 1, 2, 2), split="test")
    assert found == ("D032", "there are no test images")


def test_shape_must_be_as_stated():
    (found,) = faults_of(torch.zeros(6, 1, 2, 3))
    assert found == ("D028", "training images of shape (1, 2, 3), expected (1, 2, 2)")


class Unread(LazyImages):
    """Six images that nobody looks at."""

    def __len__(self):
        return 6

    def read(self, place):
        raise AssertionError(place)


def test_labels_must_be_as_many_as_images_that_are_not_read_yet():
    (found,) = faults_of(Unread(), labels=torch.zeros(5, dtype=torch.int64))
    assert found == ("D029", "6 training images, but 5 labels")
