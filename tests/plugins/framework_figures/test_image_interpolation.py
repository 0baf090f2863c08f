import pytest
import torch

from framework_figures.image_interpolation import ImageInterpolation

NAMES = ("cat", "dog", "owl", "fox")
CODES = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@pytest.fixture
def run(make_run, make_images, make_task):
    images = make_images(CODES, [0, 2, 1, 3])
    return make_run(images, class_names=NAMES, tasks={None: make_task()})


def shown_in(drawing):
    """Left half and right half of each image, in rows from top to bottom."""
    rows = {}
    for cell in sorted(drawing.images, key=lambda cell: cell.ox):
        pixels = cell.get_array()
        if pixels.shape[:2] == (96, 96):
            halves = (pixels[-1, 0, 0] / 255, pixels[-1, -1, 0] / 255)
            rows.setdefault(-cell.oy, []).append(tuple(round(float(h), 2) for h in halves))
    return [rows[row] for row in sorted(rows)]


def labels_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def test_row_leads_from_one_image_to_the_other(run):
    drawing = ImageInterpolation(pairs=((0, 3), (1, 2)), num_steps=3).draw(run)
    first, second = shown_in(drawing)
    assert first[1:-1] == [(0, 0), (0.5, 0.5), (1, 1)]
    assert second[1:-1] == [(1, 0), (0.5, 0.5), (0, 1)]
    assert labels_of(drawing)[:4] == ["cat", "to fox", "owl", "to dog"]


def test_default_pairs_are_the_first_images_of_classes(run):
    drawing = ImageInterpolation(num_steps=2).draw(run)
    assert [row[1:-1] for row in shown_in(drawing)] == [[(0, 0), (0, 1)], [(1, 0), (1, 1)]]
    assert labels_of(drawing)[:4] == ["cat", "to dog", "owl", "to fox"]


def test_images_without_labels_are_named_by_their_places(make_run, make_images, make_task):
    run = make_run(make_images(CODES), tasks={None: make_task()})
    assert labels_of(ImageInterpolation().draw(run))[:4] == [
        "image 0",
        "to image 1",
        "image 2",
        "to image 3",
    ]


def test_single_image_is_shown_with_itself(make_run, make_images, make_task):
    run = make_run(make_images(CODES[3:]), tasks={None: make_task()})
    (row,) = shown_in(ImageInterpolation(num_steps=2).draw(run))
    assert row[1:-1] == [(1, 1), (1, 1)]


def test_places_beyond_the_test_images_are_refused_all_at_once(run):
    with pytest.raises(ValueError, match="there are 4 test images, and none at the places 4, 9"):
        ImageInterpolation(pairs=((9, 1), (4, 9))).draw(run)
