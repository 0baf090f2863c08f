"""A request is refused before anything is read, or carried out from files to files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framework.errors import DataError, StorageError
from framework.exchange.applying import Request, carry_out_request, request_faults


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in "ab":
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(f"{name}.png")
    np.save("x.npy", rng.random((4, 8, 8)))


def paths(*names):
    return tuple(Path(name) for name in names)


def carry_out(loaded, *arguments, **options):
    request = Request(*arguments, **options)
    assert request_faults(loaded, request) == []
    warned = []
    answered, written = carry_out_request(loaded, request, warn=warned.append)
    assert warned == []
    return answered, written


@pytest.mark.parametrize(
    ("request_", "complaints"),
    [
        (
            Request("encodee", paths("a.png")),
            ["no operation 'encodee'; did you mean 'encode'? [U005]"],
        ),
        (
            Request("zzz", paths("a.png")),
            ["no operation 'zzz'; it has: encode, decode, reconstruct, classify, generate"],
        ),
        (
            Request("encode"),
            ["'encode' needs something to be applied to; name image files, folders"],
        ),
        (
            Request("reconstruct", num_images=3),
            ["needs something", "--num-images: 'reconstruct' answers each", "cannot be printed"],
        ),
        (
            Request("generate", paths("x.npy"), Path("o.png"), num_images=3),
            ["--num-images: noise is given, and 3 more are asked for; leave one of the two out"],
        ),
        (Request("interpolate", (), Path("o.png")), ["name two image files, or a .npy file"]),
        (Request("anomaly", paths("a.png"), Path("o.png")), ["o.png: error: -o: scores cannot"]),
    ],
)
def test_request_that_makes_no_sense_has_all_its_faults(loaded, request_, complaints):
    faults = request_faults(loaded, request_)
    assert {fault.identifier for fault in faults} <= {"U005", "U006", "U007"}
    assert len(faults) == len(complaints)
    for fault, complaint in zip(faults, complaints, strict=True):
        assert complaint in str(fault)


def test_codes_go_out_and_come_back(loaded):
    carry_out(loaded, "encode", paths("a.png", "b.png"), Path("codes.npy"))
    answered, written = carry_out(loaded, "decode", paths("codes.npy"), Path("decoded.npy"))
    carry_out(loaded, "reconstruct", paths("a.png", "b.png"), Path("direct.npy"))
    assert answered.names == ("codes-0000", "codes-0001")
    assert written == [Path("decoded.npy")]
    assert np.allclose(np.load("decoded.npy"), np.load("direct.npy"), atol=1e-6)


def test_classes_are_named(loaded):
    headers, rows = carry_out(loaded, "classify", paths("a.png"))[0].table()
    assert headers == ["image", "prediction", "rows", "columns", "diagonals", "checks"]
    assert rows[0][1] == headers[2 + int(np.argmax(rows[0][2:]))]


def test_generated_images_are_numbered_and_depend_on_the_seed(loaded):
    first, _ = carry_out(loaded, "generate", (), Path("first.npy"))
    assert first.names[:2] == ("0000", "0001")
    assert len(first.names) == 16
    second, _ = carry_out(loaded, "generate", (), Path("second.npy"), num_images=4)
    other, _ = carry_out(loaded, "generate", (), Path("other.npy"), num_images=4, seed=1)
    assert np.allclose(first.values[:4], second.values, atol=1e-6)
    assert not np.allclose(second.values, other.values)


def test_interpolation_is_one_row_of_images(loaded):
    answered, _ = carry_out(loaded, "interpolate", paths("a.png", "b.png"), Path("row.png"))
    assert answered.names[-1] == "0009"
    with Image.open("row.png") as row:
        assert row.size == (10 * 8 + 9 * 2, 8)
    _, written = carry_out(
        loaded, "interpolate", paths("a.png", "b.png"), Path("steps"), num_images=3
    )
    assert written == [Path(f"steps/{place:04d}.png") for place in range(3)]


def test_interpolation_takes_two_images(loaded):
    request = Request("interpolate", paths("x.npy"), Path("row.png"))
    with pytest.raises(DataError, match=r"from one image to another, found 4 \[D084\]"):
        carry_out_request(loaded, request, warn=print)


def test_nothing_is_replaced_unless_asked_for(loaded):
    before = Path("a.png").read_bytes()
    request = Request("reconstruct", paths("a.png", "b.png"), Path())
    with pytest.raises(StorageError, match=r"a\.png: error: the file exists already.*\n.*b\.png"):
        carry_out_request(loaded, request, warn=print)
    assert Path("a.png").read_bytes() == before
    carry_out(loaded, "reconstruct", paths("a.png", "b.png"), Path(), overwrite=True)
    assert Path("a.png").read_bytes() != before


def test_changes_to_images_are_warned_of(loaded):
    Image.new("L", (9, 9)).save("large.png")
    warned = []
    carry_out_request(loaded, Request("anomaly", paths("large.png")), warn=warned.append)
    assert warned == ["warning: 1 image was resized to 8x8, namely large.png (9x9 L)"]
