import pytest
import torch
from sklearn.datasets import load_digits

from framework_vision.digits import Digits


@pytest.mark.parametrize("size", [8, 12, 28])
def test_digits_are_what_their_info_says(size):
    digits = Digits(size=size)
    info, bundle = digits.info, digits.load()
    assert info.image_shape == (1, size, size)
    assert info.value_range == (0.0, 1.0)
    assert (len(bundle.train), len(bundle.test)) == (info.num_train, info.num_test) == (1500, 297)
    for split in (bundle.train, bundle.test):
        assert split.images.shape[1:] == info.image_shape
        assert split.images.dtype == torch.uint8
        assert split.labels.dtype == torch.int64
        assert sorted(set(split.labels.tolist())) == list(range(info.num_classes))
    assert bundle.train.images.max() == 255


def test_test_split_is_the_end_of_the_file():
    bundle, source = Digits(size=8).load(), load_digits()
    assert bundle.test.labels.tolist() == source.target[-297:].tolist()
    assert bundle.train.labels.tolist() == source.target[:1500].tolist()


def test_unresized_images_are_the_counts_scaled_to_grey():
    counts = torch.from_numpy(load_digits().images[0])
    assert torch.equal(
        Digits(size=8).load().train.images[0, 0], (counts * 255 / 16).round().to(torch.uint8)
    )


def test_resizing_keeps_the_mean_grey():
    small, large = Digits(size=8).load().train.images, Digits(size=32).load().train.images
    assert large.float().mean().item() == pytest.approx(small.float().mean().item(), rel=0.02)


def test_fingerprint_depends_on_the_size_alone():
    assert Digits(size=8).fingerprint() == Digits(size=8).fingerprint()
    assert Digits(size=8).fingerprint() != Digits(size=28).fingerprint()
