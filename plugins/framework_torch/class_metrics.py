"""Measures of how well images are classified, from torchmetrics.

All take (prediction, target) as probabilities per class and as classes.
"""

import torchmetrics
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from framework import DataInfo


def accuracy(data: DataInfo) -> torchmetrics.Metric:
    """Share of all images whose most probable class is the right one."""
    return MulticlassAccuracy(_num_classes(data), average="micro")


def f1(data: DataInfo) -> torchmetrics.Metric:
    """Harmonic mean of precision and recall of each class, averaged over classes."""
    return MulticlassF1Score(_num_classes(data), average="macro")


def _num_classes(data: DataInfo) -> int:
    if data.num_classes == 0:
        raise ValueError("the data set has no classes; leave this metric out")
    return data.num_classes
