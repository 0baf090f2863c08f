from pathlib import Path

import pytest
import torch

from framework_vision.digits import Digits, digits
from framework_vision.leaving_out import leave_out_classes
from framework_vision.mnist_like import fashion_mnist, mnist

NOWHERE = Path("/nowhere")


def test_no_training_image_is_of_a_class_left_out():
    whole, rest = Digits(size=8).load(), digits(size=8, leave_out=(3, "7")).load()
    remain = ~torch.isin(whole.train.labels, torch.tensor([3, 7]))
    assert torch.equal(rest.train.labels, whole.train.labels[remain])
    assert torch.equal(rest.train.images, whole.train.images[remain])


def test_test_split_stays_whole():
    whole, rest = Digits(size=8).load(), digits(size=8, leave_out=(3,)).load()
    assert torch.equal(rest.test.images, whole.test.images)
    assert torch.equal(rest.test.labels, whole.test.labels)


def test_info_counts_what_is_left_and_says_what_is_not():
    dataset = digits(size=8, leave_out=("7", 3))
    assert dataset.info.num_train == len(dataset.load().train) < 1500
    assert dataset.info.left_out_classes == (3, 7)
    assert (dataset.info.num_test, dataset.info.num_classes) == (297, 10)


def test_data_that_are_not_there_yet_count_as_published():
    assert mnist(root=NOWHERE, leave_out=(5,)).info.num_train == 60_000 - 5421
    rest = fashion_mnist(root=NOWHERE, leave_out=("Sandal", "Bag"))
    assert rest.info.num_train == 48_000
    assert rest.info.left_out_classes == (5, 8)


def test_fingerprint_tells_what_is_left_out():
    prints = [digits(size=8, leave_out=out).fingerprint() for out in ((), (3,), (4,), ("3",))]
    assert prints[0] == Digits(size=8).fingerprint()
    assert prints[1] == prints[3]
    assert len(set(prints)) == 3


def test_nothing_left_out_is_the_data_set_itself():
    whole = Digits(size=8)
    assert leave_out_classes(whole, ()) is whole
    assert whole.info.left_out_classes == ()


def test_unknown_classes_are_all_told():
    with pytest.raises(ValueError, match="no class named 'Sandals'; did you mean 'Sandal'") as told:
        fashion_mnist(root=NOWHERE, leave_out=("Sandals", 10, "Bag", "x"))
    assert "expected a class from 0 to 9, found 10" in str(told.value)
    assert "no class named 'x'; they are T-shirt/top, Trouser" in str(told.value)


def test_leaving_nothing_to_train_on_is_refused():
    with pytest.raises(ValueError, match="leave_out names all 10 classes"):
        digits(leave_out=tuple(range(10)))
