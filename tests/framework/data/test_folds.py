"""Folds are disjoint, complete, and a function of their seed alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.data.folds import deal_fold
from framework.errors import DataError


def deal(num_images=30, labels=None, **changes):
    asked = {"fold": 0, "num_folds": 3, "stratified": False, "seed": 0} | changes
    return deal_fold(num_images, labels, **asked)


@settings(deadline=None, max_examples=40)  # the first imports scikit-learn
@given(st.integers(2, 12), st.integers(0, 200), st.integers(0, 3), st.integers(0, 2**40))
def test_folds_of_a_deal_cover_every_image_once(num_folds, more_images, repeat, seed):
    num_images = num_folds + more_images
    seen = []
    for place in range(num_folds):
        fold = repeat * num_folds + place
        train, validation = deal(num_images, num_folds=num_folds, fold=fold, seed=seed)
        assert sorted([*train.tolist(), *validation.tolist()]) == list(range(num_images))
        assert train.tolist() == sorted(train.tolist())
        assert validation.tolist() == sorted(validation.tolist())
        assert len(validation) in {num_images // num_folds, -(-num_images // num_folds)}
        seen += validation.tolist()
    assert sorted(seen) == list(range(num_images))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(3, 12), min_size=2, max_size=4), st.integers(0, 1000))
def test_stratified_folds_have_each_class_in_its_proportion(counts, seed):
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
    seen = []
    for fold in range(3):
        _, validation = deal(len(labels), labels, fold=fold, stratified=True, seed=seed)
        for number, count in enumerate(counts):
            found = int((labels[validation] == number).sum())
            assert found in {count // 3, -(-count // 3)}
        seen += validation.tolist()
    assert sorted(seen) == list(range(len(labels)))


def test_folds_depend_on_their_seed_alone():
    torch.manual_seed(1)
    labels = torch.arange(30) % 3
    first = deal(labels=labels, fold=1, seed=5)
    torch.manual_seed(2)
    again = deal(labels=torch.zeros(30, dtype=torch.int64), fold=1, seed=5)
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert not torch.equal(first[1], deal(fold=1, seed=6)[1])


@pytest.mark.parametrize("stratified", [False, True])
def test_repeats_deal_anew(stratified):
    labels = torch.arange(30) % 3
    deals = [deal(labels=labels, fold=fold, stratified=stratified)[1] for fold in range(6)]
    for first in deals[:3]:
        assert not any(torch.equal(first, second) for second in deals[3:])


def test_labels_do_not_decide_folds_that_are_not_stratified():
    assert torch.equal(deal(labels=torch.arange(30))[1], deal()[1])


def test_classes_that_were_left_out_do_not_count():
    labels = torch.tensor([0, 2] * 9)
    _, validation = deal(18, labels, stratified=True)
    assert torch.bincount(labels[validation]).tolist() == [3, 0, 3]


@pytest.mark.parametrize(
    ("num_images", "labels", "changes", "complaint"),
    [
        (2, None, {}, "error: cross_validation.num_folds: 2 training images do not fill 3 folds; "),
        (
            9,
            None,
            {"stratified": True},
            "error: cross_validation.stratified: there are no labels to deal by; set it to false ",
        ),
        (
            9,
            [0, 0, 0, 0, 1, 1, 3, 3, 3],
            {"stratified": True},
            "a class is absent from some of 3 folds; images per class: [4, 2, 0, 3]; make cross_va",
        ),
    ],
)
def test_images_that_are_too_few_are_refused(num_images, labels, changes, complaint):
    labels = None if labels is None else torch.tensor(labels)
    with pytest.raises(DataError) as caught:
        deal(num_images, labels, **changes)
    (fault,) = caught.value.faults
    assert fault.identifier == "D033"
    assert complaint in str(fault)
