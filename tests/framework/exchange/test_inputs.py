"""Files and folders become what an operation takes, or every fault is told at once."""

import numpy as np
import pytest
from PIL import Image

from framework.errors import DataError
from framework.exchange.inputs import read_inputs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with three images of 8x8 pixels, one of them below another folder."""
    monkeypatch.chdir(tmp_path)
    for place, name in enumerate(["b.png", "a.png", "more/a.PNG", "more/.hidden/c.png"], 1):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 51 * place).save(path)
    (tmp_path / "images" / "notes.txt").write_text("no image")
    return tmp_path / "images"


def test_images_of_a_folder_come_in_the_order_of_their_names(folder, loaded):
    inputs = read_inputs(loaded, "encode", [folder])
    assert inputs.names == ("a", "b", "more/a")
    assert inputs.values[:, 0, 0, 0].tolist() == pytest.approx([0.4, 0.2, 0.6])
    assert inputs.warnings == ()


def test_files_folders_and_arrays_may_be_mixed_and_names_are_unique(folder, loaded):
    np.save("x.npy", np.zeros((2, 8, 8)))
    np.save("a.npy", np.zeros((1, 8, 8)))
    paths = [folder / "a.png", folder, folder.parent / "x.npy", folder.parent / "a.npy"]
    names = read_inputs(loaded, "encode", paths).names
    assert names == ("a", "a-2", "b", "more/a", "x-0000", "x-0001", "a-3")


def test_changes_to_images_are_told(folder, loaded):
    Image.new("RGB", (16, 16)).save(folder / "c.jpg")
    warned = read_inputs(loaded, "reconstruct", [folder]).warnings
    assert len(warned) == 2
    assert all(f"namely {folder / 'c.jpg'} (16x16 RGB)" in line for line in warned)


def test_codes_and_noise_come_as_arrays(folder, loaded):
    np.save("codes.npy", np.ones((3, 6)))
    for operation in ("decode", "generate"):
        inputs = read_inputs(loaded, operation, [folder.parent / "codes.npy"])
        assert inputs.values.shape == (3, 6)
        assert inputs.names == ("codes-0000", "codes-0001", "codes-0002")


def test_an_archive_of_objects_is_never_unpickled(folder, loaded):
    np.save("objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"objects.npy: .*cannot be read as an array .*\[D083\]"):
        read_inputs(loaded, "encode", [folder.parent / "objects.npy"])


def test_an_array_that_claims_more_than_the_file_holds_is_refused(folder, loaded):
    np.save("x.npy", np.zeros((2, 8, 8)))
    data = (folder.parent / "x.npy").read_bytes()
    huge = data.replace(b"(2, 8, 8), }      ", b"(200000000, 8, 8)}")
    assert huge != data
    (folder.parent / "x.npy").write_bytes(huge)
    with pytest.raises(DataError, match=r"x.npy: .*D083"):
        read_inputs(loaded, "encode", [folder.parent / "x.npy"])


def test_every_fault_is_told_at_once(folder, loaded):
    (folder / "empty").mkdir()
    np.save("x.npy", np.zeros((2, 7, 8)))
    np.save("y.npy", np.full((2, 8, 8), 9.0))
    (folder / "broken.png").write_bytes(b"")
    paths = [folder / "gone.png", folder / "empty", folder, folder.parent / "x.npy"]
    with pytest.raises(DataError) as caught:
        read_inputs(loaded, "encode", [*paths, folder.parent / "y.npy"])
    found = [(fault.identifier, fault.place) for fault in caught.value.faults]
    assert found == [
        ("D083", str(folder / "gone.png")),
        ("D032", str(folder / "empty")),
        ("D083", str(folder / "broken.png")),
        ("D084", str(folder.parent / "x.npy")),
        ("D085", str(folder.parent / "y.npy")),
    ]


def test_codes_are_not_read_from_images(folder, loaded):
    with pytest.raises(DataError, match=r"'decode' takes codes, which come as .npy files \[D083\]"):
        read_inputs(loaded, "decode", [folder / "a.png"])
