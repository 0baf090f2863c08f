import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from framework import DataError
from framework_vision.picture_files import PictureFiles, find_pictures


def picture(path, colour=(200, 100, 0), mode="RGB", size=(6, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path)
    return path


def test_pictures_are_found_by_name_in_all_folders(tmp_path):
    for name in ("b/2.png", "a/deep/1.JPG", "3.bmp", ".hidden/4.png", "a/._5.png", "a/notes.txt"):
        picture(tmp_path / name) if name[-3:] != "txt" else (tmp_path / name).touch()
    found = find_pictures(tmp_path)
    assert [each.name for each in found] == ["3.bmp", "a/deep/1.JPG", "b/2.png"]
    assert [each.folder for each in found] == ["", "a", "b"]


def test_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match=r"no such folder.*D026"):
        find_pictures(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.bmp", "x.gif", "x.tif", "x.ppm"])
def test_pictures_of_all_formats_get_the_shape_asked_for(tmp_path, name):
    files = PictureFiles([picture(tmp_path / name)], (3, 2, 2))
    pixels = pickle.loads(pickle.dumps(files)).read(0)  # noqa: S301  as a worker gets them
    assert pixels.dtype == torch.uint8
    assert pixels.flatten(1).float().mean(1).tolist() == pytest.approx([200, 100, 0], abs=4)


def test_colours_become_grey_and_grey_becomes_colours(tmp_path):
    files = [picture(tmp_path / "c.png"), picture(tmp_path / "g.png", mode="L")]
    grey = PictureFiles(files, (1, 4, 6)).read_all()
    assert grey.unique().tolist() == [round(0.299 * 200 + 0.587 * 100)]
    assert np.array_equal(PictureFiles(files, (3, 4, 6)).read(1)[2], grey[1, 0])


def test_all_damaged_pictures_are_named_up_to_twenty(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(25)]
    for path in paths:
        path.write_bytes(b"\x89PNG but no more")
    with pytest.raises(DataError) as caught:
        PictureFiles(paths, (1, 2, 2)).read_all()
    assert [fault.place for fault in caught.value.faults] == [str(path) for path in paths[:20]]
    assert {fault.identifier for fault in caught.value.faults} == {"D083"}
