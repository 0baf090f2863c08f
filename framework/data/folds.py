"""Which images validate in which fold."""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from framework.errors import DataError, Fault
from framework.seeding import derive_seed

_Places = np.ndarray[Any, np.dtype[np.int64]]


def deal_fold(
    num_images: int,
    labels: Int[Tensor, " batch"] | None,
    *,
    fold: int,
    num_folds: int,
    stratified: bool,
    seed: int,
) -> tuple[Int[Tensor, " _"], Int[Tensor, " _"]]:
    """Split the places 0 … num_images - 1 into (train, validation) of a fold, both ascending.

    The folds 0 … num_folds - 1 cover all images and share none; so do the next num_folds, for
    which the images are dealt anew.

    Args:
        num_images: how many images there are.
        labels: class of each image, where there are any.
        fold: number of the fold, counted on over repeats.
        num_folds: number of folds in a deal.
        stratified: deal each class by itself, so that every fold has its share of it.
        seed: seed of the deal; nothing else decides it.

    Raises:
        DataError: there are fewer images, or fewer of a class, than folds.
    """
    _require_enough(num_images, labels, num_folds=num_folds, stratified=stratified)
    repeat, place = divmod(fold, num_folds)
    state = derive_seed(seed, "folds", repeat) % 2**32
    classes = None
    if labels is not None and stratified:
        classes = labels.to(device="cpu", dtype=torch.int64).numpy().tobytes()
    train, validation = _deal(num_images, classes, num_folds, state)[place]
    return torch.tensor(train), torch.tensor(validation)


@lru_cache(maxsize=4)
def _deal(
    num_images: int, classes: bytes | None, num_folds: int, state: int
) -> list[tuple[_Places, _Places]]:
    """Deal all folds at once, and remember it: every trial of a search asks for the same.

    Args:
        num_images: how many images there are.
        classes: the class of each image as an int64, where each is dealt by itself.
        num_folds: number of folds.
        state: seed of the deal.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    dealer = (KFold if classes is None else StratifiedKFold)(
        num_folds, shuffle=True, random_state=state
    )
    labels = None if classes is None else np.frombuffer(classes, dtype=np.int64)
    return list(dealer.split(np.zeros(num_images), labels))


def _require_enough(
    num_images: int, labels: Int[Tensor, " batch"] | None, *, num_folds: int, stratified: bool
) -> None:
    hint = "make cross_validation.num_folds smaller"
    if num_folds > num_images:
        message = f"{num_images} training images do not fill {num_folds} folds"
        key = "cross_validation.num_folds"
        raise DataError(Fault("D033", message, key=key, hint=hint))
    if not stratified:
        return
    key = "cross_validation.stratified"
    if labels is None:
        message = "there are no labels to deal by"
        raise DataError(Fault("D033", message, key=key, hint="set it to false"))
    counts = torch.bincount(labels.cpu()).tolist()
    if min(count for count in counts if count) < num_folds:
        message = f"a class is absent from some of {num_folds} folds; images per class: {counts}"
        hint = "make cross_validation.num_folds smaller, or set stratified to false"
        raise DataError(Fault("D033", message, key=key, hint=hint))
