"""Answers are written in the form that the path asks for."""

import csv

import numpy as np
import pytest
from PIL import Image

from framework.contracts import DataInfo
from framework.errors import StorageError
from framework.exchange.answers import (
    Answered,
    form_faults,
    require_free,
    write_answers,
)

GREY = DataInfo(
    image_shape=(1, 3, 4), num_train=1, num_test=1, num_classes=2, class_names=("cat", "dog")
)
COLOUR = DataInfo(image_shape=(3, 3, 4), num_train=1, num_test=1, value_range=(-1.0, 1.0))


def answered(kind, values, data=GREY, **options):
    values = np.asarray(values, dtype=np.float32)
    names = tuple(f"name-{place}" for place in range(len(values)))
    return Answered(names, values, kind, data, **options)


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_images_go_to_a_folder_one_by_one(tmp_path):
    images = np.zeros((2, 1, 3, 4))
    images[1] = 0.2
    out = tmp_path / "new" / "folder"
    paths = write_answers(answered("images", images), out)
    assert paths == [out / "name-0.png", out / "name-1.png"]
    assert (pixels_of(paths[0]) == 0).all()
    assert (pixels_of(paths[1]) == 51).all()
    assert pixels_of(paths[1]).shape == (3, 4)


def test_colours_are_mapped_from_the_value_range_and_cut_off(tmp_path):
    images = np.zeros((1, 3, 3, 4))
    images[:, 0], images[:, 2] = 3.0, -1.0
    (path,) = write_answers(answered("images", images, COLOUR), tmp_path / "x.png")
    assert pixels_of(path)[0, 0].tolist() == [255, 128, 0]


def test_a_sheet_holds_all_images_row_by_row(tmp_path):
    images = np.linspace(0, 0.8, 5).reshape(5, 1, 1, 1) * np.ones((5, 1, 3, 4))
    (path,) = write_answers(answered("images", images), tmp_path / "sheet.png")
    sheet = pixels_of(path)
    assert sheet.shape == (2 * 3 + 2, 3 * 4 + 2 * 2)
    assert sheet[0, [0, 6, 12]].tolist() == [0, 51, 102]
    assert sheet[5, [0, 6, 12]].tolist() == [153, 204, 255]
    (path,) = write_answers(answered("images", images, num_columns=5), tmp_path / "row.png")
    assert pixels_of(path).shape == (3, 5 * 4 + 4 * 2)


@pytest.mark.parametrize("kind", ["images", "codes", "probabilities", "scores"])
def test_any_answers_go_to_an_array(tmp_path, kind):
    values = np.random.default_rng(0).random((2, 1, 3, 4)).astype(np.float32)
    (path,) = write_answers(answered(kind, values), tmp_path / "x.npy")
    assert np.array_equal(np.load(path, allow_pickle=False), values)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("scores", [0.1, 2.0], [["image", "score"], ["name-0", "0.1"], ["name-1", "2.0"]]),
        ("codes", [[0.5, 1e-7]], [["image", "code-0", "code-1"], ["name-0", "0.5", "1e-07"]]),
        ("codes", [[[1.0], [2.0]]], [["image", "code-0", "code-1"], ["name-0", "1.0", "2.0"]]),
        (
            "probabilities",
            [[0.25, 0.75]],
            [["image", "prediction", "cat", "dog"], ["name-0", "dog", "0.25", "0.75"]],
        ),
        (
            "probabilities",
            [[0.5, 0.25, 0.25]],
            [
                ["image", "prediction", "class-0", "class-1", "class-2"],
                ["name-0", "class-0", "0.5", "0.25", "0.25"],
            ],
        ),
    ],
)
def test_numbers_go_to_a_table(tmp_path, kind, values, expected):
    (path,) = write_answers(answered(kind, values), tmp_path / "x.csv")
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == expected


def test_table_holds_numbers_with_no_more_digits_than_needed():
    scores = answered("scores", [0.1])
    assert scores.table() == (["image", "score"], [["name-0", 0.1]])
    assert scores.records() == [{"image": "name-0", "score": 0.1}]
    assert scores.csv_text() == "image,score\nname-0,0.1\n"


@pytest.mark.parametrize(
    ("out", "kind", "complaint"),
    [
        (
            "x.csv",
            "images",
            "images cannot be written to FILE.csv; write -o with a folder or FILE.",
        ),
        ("x.jpg", "images", "images cannot be written to '.jpg'; write -o"),
        ("x.png", "codes", "codes cannot be written to FILE.png; write -o with FILE.csv or FILE"),
        ("folder", "scores", "scores cannot be written to a folder"),
        (None, "images", "images cannot be printed; write -o with a folder or FILE.png or FILE"),
    ],
)
def test_form_that_does_not_suit_the_answers_is_a_fault(tmp_path, out, kind, complaint):
    (fault,) = form_faults(out and tmp_path / out, kind, GREY)
    assert fault.identifier == "U007"
    assert complaint in str(fault)


@pytest.mark.parametrize(
    ("out", "kind"),
    [("x.PNG", "images"), ("folder", "images"), ("x.npy", "scores"), (None, "codes")],
)
def test_form_that_suits_is_none(tmp_path, out, kind):
    assert form_faults(out and tmp_path / out, kind, GREY) == []


def test_images_that_no_picture_can_show_go_to_arrays_only(tmp_path):
    data = DataInfo(image_shape=(2, 3, 4), num_train=1, num_test=1)
    assert form_faults(tmp_path / "x.png", "images", data)
    assert not form_faults(tmp_path / "x.npy", "images", data)


def test_files_that_are_there_are_refused_by_name(tmp_path):
    (tmp_path / "b.png").touch()
    require_free(tmp_path, ["a", "c"])
    require_free(tmp_path / "x.npy", ["a"])
    with pytest.raises(StorageError) as caught:
        require_free(tmp_path, ["a", "b"])
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.place) == ("S053", str(tmp_path / "b.png"))
