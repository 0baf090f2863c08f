import pytest
import torch

from framework import ImageSet
from framework_figures.latent_neighbours import LatentNeighbours

NAMES = ("cat", "dog")


def cells_of(drawing):
    """The grey of each image's last pixel, in rows from top to bottom."""
    rows = {}
    for cell in sorted(drawing.images, key=lambda cell: cell.ox):
        pixels = cell.get_array()
        if pixels.shape[:2] == (96, 96):
            rows.setdefault(-cell.oy, []).append(round(int(pixels[-1, -1, 0]) / 255, 2))
    return [rows[row] for row in sorted(rows)]


def marks_of(drawing):
    return [cell for cell in drawing.images if cell.get_array().shape[0] == 5]


@pytest.fixture
def run(make_run, make_task):
    """Images whose code, their first pixel, tells another order than all their pixels."""
    train = torch.tensor([0.0, 0.08, 0.2, 0.8, 0.9, 1.0])[:, None].repeat(1, 16)
    train[:, 0] = torch.tensor([0.5, 0.45, 0.0, 0.1, 1.0, 0.52])
    test = torch.full((1, 16), 0.05)
    test[:, 0] = 0.5
    return make_run(
        ImageSet(test.reshape(-1, 1, 4, 4), torch.tensor([0])),
        ImageSet(train.reshape(-1, 1, 4, 4), torch.tensor([0, 0, 0, 1, 1, 1])),
        class_names=NAMES,
        tasks={None: make_task(1)},
    )


def test_neighbours_by_code_and_by_pixels_are_shown_nearest_first(run):
    (row,) = cells_of(LatentNeighbours(num_neighbours=3).draw(run))
    assert row == [0.05, *[0.0, 1.0, 0.08], *[0.08, 0.0, 0.2]]


def test_neighbours_of_another_class_are_underlined_and_counted(run):
    drawing = LatentNeighbours(num_neighbours=3).draw(run)
    wrong, _ = marks_of(drawing)
    at_wrong = [cell for cell in drawing.images if cell.ox == wrong.ox and cell is not wrong]
    assert at_wrong[0].get_array()[-1, -1, 0] == 255
    texts = [text.get_text() for text in drawing.texts]
    assert texts[0] == "cat"
    assert texts[-1] == "of another class: 1 of 3 by code, 0 of 3 by pixels"


def test_nearest_are_found_across_portions(make_run, make_images, make_task):
    codes = torch.linspace(0, 1, 2500)[torch.randperm(2500)]
    train, test = make_images(codes), make_images([0.25])
    run = make_run(test, train, tasks={None: make_task(1)})
    drawing = LatentNeighbours(num_neighbours=5).draw(run)
    cells = sorted(drawing.images, key=lambda cell: cell.ox)
    assert {int(cell.get_array()[0, 0, 0]) for cell in cells} == {64}


def test_images_without_labels_are_named_by_their_places(make_run, make_images, make_task):
    images = make_images([[0.1, 0.2], [0.3, 0.4]])
    drawing = LatentNeighbours(num_neighbours=2).draw(
        make_run(images, images, tasks={None: make_task()})
    )
    assert [text.get_text() for text in drawing.texts][:3:2] == ["image 0", "image 1"]
    assert marks_of(drawing) == []


def test_fewer_training_images_than_neighbours_are_all_shown(make_run, make_images, make_task):
    images = make_images([[0.1, 0.2], [0.3, 0.4]])
    drawing = LatentNeighbours().draw(make_run(images, images, tasks={None: make_task()}))
    assert [len(row) for row in cells_of(drawing)] == [5, 5]


def test_nothing_records_gradients(run):
    LatentNeighbours().draw(run)
    assert run.task().records is False
