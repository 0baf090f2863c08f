"""How badly each test image is reconstructed, and how well that tells classes left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan

import torch
from jaxtyping import Bool, Float, Int
from sklearn.metrics import roc_auc_score
from torch import Tensor

from framework import FinishedRun, Task
from framework_figures.image_rows import fixed_noise

_BATCH_SIZE = 1000


@dataclass(frozen=True)
class Scores:
    """How anomalous each test image is.

    Attributes:
        errors: the score of each: a mean squared error per pixel.
        labels: its class.
        left_out: the classes that were left out of training.
    """

    errors: Float[Tensor, " batch"]
    labels: Int[Tensor, " batch"]
    left_out: tuple[int, ...]

    @property
    def is_left_out(self) -> Bool[Tensor, " batch"]:
        """Whether each image is of a class that was left out of training."""
        return torch.isin(self.labels, torch.tensor(self.left_out))

    @property
    def auroc(self) -> float:
        """Probability that an image left out has a larger error than one that is not.

        NaN where there are images of one kind only. 0.5 is guessing.

        Source: J. A. Hanley, B. J. McNeil, The Meaning and Use of the Area under a Receiver
        Operating Characteristic (ROC) Curve, 1982.
        """
        if len(self.is_left_out.unique()) == 1:
            return nan
        return float(roc_auc_score(self.is_left_out.numpy(), self.errors.numpy()))


@torch.no_grad()
def score_test_images(run: FinishedRun) -> Scores:
    """Score the test images by the error of their reconstructions, with the weights kept.

    Raises:
        ValueError: no class was left out of training, or the task's predictions are no images.
    """
    labels, task = _labels(run), kept_task(run)
    errors = []
    for indices in _portions(len(run.test_set)):
        clean, reconstructed = reconstruct(run, task, indices)
        errors.append((reconstructed - clean).square().flatten(1).mean(1))
    return Scores(torch.cat(errors), labels, run.data.left_out_classes)


def score_by_mean_image(run: FinishedRun) -> Scores:
    """Score the test images without a network: by their distance from the mean training image.

    Raises:
        ValueError: no class was left out of training.
    """
    labels, num_train = _labels(run), len(run.train_set)
    sums = [run.batch(part, "train").images.sum(0, keepdim=True) for part in _portions(num_train)]
    mean = torch.stack(sums).sum(0) / num_train
    errors = [
        (run.batch(part).images - mean).square().flatten(1).mean(1).cpu()
        for part in _portions(len(run.test_set))
    ]
    return Scores(torch.cat(errors), labels, run.data.left_out_classes)


def kept_task(run: FinishedRun) -> Task:
    """The task with the weights kept.

    Raises:
        ValueError: they are gone.
    """
    if (task := run.task()) is None:
        raise ValueError("the weights kept are gone, so no image can be scored")
    return task


@torch.no_grad()
def reconstruct(run: FinishedRun, task: Task, indices: list[int] | range) -> tuple[Tensor, Tensor]:
    """Test images and their reconstructions, both (batch, channels, height, width).

    Raises:
        ValueError: the task's predictions are no images of the data's shape.
    """
    batch = run.batch(indices)
    with fixed_noise(batch.images.device):
        prediction, _ = task.evaluate(batch)
    if prediction.shape != batch.images.shape:
        found, expected = tuple(prediction.shape), tuple(batch.images.shape)
        raise ValueError(f"anomaly scores need predictions of shape {expected}, found {found}")
    return batch.images.cpu(), prediction.cpu()


def _labels(run: FinishedRun) -> Int[Tensor, " batch"]:
    labels = run.test_set.labels
    if labels is None or not run.data.left_out_classes:
        raise ValueError(
            "no class was left out of training; name one, as in "
            "dataset: {type: fashion_mnist, leave_out: [Sandal]}"
        )
    return labels.cpu()


def _portions(num_images: int) -> Iterator[range]:
    for start in range(0, num_images, _BATCH_SIZE):
        yield range(start, min(start + _BATCH_SIZE, num_images))
