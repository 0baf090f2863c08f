import numpy as np
import pytest
import torch

from framework import ImageSet
from framework_figures.samples_by_class import SamplesByClass

LABELS = torch.tensor([2, 0, 0, 2, 0, 2])
GREYS = torch.tensor([10, 20, 30, 40, 50, 60], dtype=torch.float32) / 255


def images_of(greys, labels):
    return ImageSet(greys.reshape(-1, 1, 1, 1).repeat(1, 1, 28, 28), labels)


def greys_of(strip):
    """The greys of the images in a row, from left to right."""
    return np.asarray(strip.get_array())[0, 42::92, 0].tolist()


def texts_of(drawing):
    return [text.get_text() for text in drawing.texts]


def test_each_class_has_a_row_of_its_first_images(make_run):
    run = make_run(train_set=images_of(GREYS, LABELS), class_names=("bag", "boot", "shoe"))
    drawing = SamplesByClass(num_images=2).draw(run)
    assert [greys_of(strip) for strip in drawing.images] == [[20, 30], [10, 40]]
    assert texts_of(drawing) == ["bag", "3 images", "shoe", "3 images"]


def test_rows_may_differ_in_length(make_run):
    labels = torch.tensor([1, 0, 1, 1, 1, 1])
    run = make_run(train_set=images_of(GREYS, labels), class_names=("bag", "boot"))
    drawing = SamplesByClass(num_images=4).draw(run)
    assert [greys_of(strip) for strip in drawing.images] == [[20], [10, 30, 40, 50]]
    assert texts_of(drawing)[:2] == ["bag", "1 image"]
    right = max(strip.ox + strip.get_array().shape[1] for strip in drawing.images)
    assert right < drawing.get_size_inches()[0] * drawing.dpi


def test_test_images_may_be_shown_instead(make_run):
    run = make_run(
        train_set=images_of(GREYS, LABELS),
        test_set=images_of(GREYS[3:4], torch.tensor([1])),
        class_names=("bag", "boot", "shoe"),
    )
    (strip,) = SamplesByClass(split="test").draw(run).images
    assert greys_of(strip) == [40]


def test_images_without_labels_have_no_classes(make_run):
    with pytest.raises(ValueError, match="has no labels"):
        SamplesByClass().draw(make_run(train_set=images_of(GREYS, None)))
