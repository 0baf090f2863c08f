"""Image files of any kind become pixels of the shape asked for, and what was done is told."""

import numpy as np
import pytest
from PIL import Image

from framework.errors import DataError
from framework.exchange.image_files import describe_changes, read_image

GREY, COLOUR = (1, 6, 4), (3, 6, 4)


@pytest.fixture
def write(tmp_path):
    def write(image, name="image.png", **options):
        path = tmp_path / name
        image.save(path, **options)
        return path

    return write


def ramp(size=(4, 6)):
    width, height = size
    return Image.fromarray((np.arange(width * height) * 5).reshape(height, width).astype("u1"))


def test_image_of_the_right_shape_is_read_as_it_is(write):
    image = read_image(write(ramp()), GREY)
    assert np.array_equal(image.pixels, (np.arange(24) * 5).reshape(1, 6, 4))
    assert image.changes == ()


@pytest.mark.parametrize("suffix", ["bmp", "gif", "pgm", "tif", "webp"])
def test_formats_without_loss_give_the_same_pixels(write, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    image = read_image(write(ramp(), f"image.{suffix}", **options), GREY)
    assert np.array_equal(image.pixels[0], np.asarray(ramp()))


def test_colours_stand_before_height_and_width(write):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    image = read_image(write(Image.fromarray(pixels)), COLOUR)
    assert np.array_equal(image.pixels, np.moveaxis(pixels, 2, 0))


def test_other_size_and_colours_are_changed_and_told(write):
    image = read_image(write(Image.new("RGB", (40, 30), (255, 255, 255))), GREY)
    assert image.pixels.shape == GREY
    assert (image.pixels == 255).all()
    assert image.changes == ("made grey", "resized to 4x6")
    assert image.found == "40x30 RGB"
    assert read_image(write(ramp()), COLOUR).changes == ("made colour",)


def test_sixteen_bits_are_scaled_and_not_cut_off(write):
    values = np.array([[0, 257, 25700, 65535]] * 6, dtype=np.uint16)
    image = read_image(write(Image.fromarray(values)), GREY)
    assert image.pixels[0, 0].tolist() == [0, 1, 100, 255]


@pytest.mark.parametrize("mode", ["1", "CMYK", "LAB", "P", "YCbCr"])
@pytest.mark.parametrize("shape", [GREY, (3, 6, 4)])
def test_every_mode_of_a_file_is_brought_to_grey_or_colour(write, mode, shape):
    image = Image.new(mode, (4, 6))
    assert read_image(write(image, "image.tif"), shape).pixels.shape == shape


def test_what_is_transparent_is_white(write):
    image = Image.new("RGBA", (4, 6), (0, 0, 0, 0))
    image.putpixel((0, 0), (0, 0, 0, 255))
    pixels = read_image(write(image), GREY).pixels
    assert (pixels[0, 0, 0], pixels[0, 1:].min()) == (0, 255)


def test_image_is_turned_upright(write):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    path = write(ramp(size=(6, 4)), exif=exif)
    expected = np.rot90(np.asarray(ramp(size=(6, 4))), -1)
    assert np.array_equal(read_image(path, GREY).pixels[0], expected)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (None, "cannot be read as an image (FileNotFoundError: No such file or directory) [D083]"),
        (b"", "UnidentifiedImageError"),
        (b"no image at all", "UnidentifiedImageError"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "UnidentifiedImageError"),
        ("cut", "cannot be read as an image (OSError: "),
        ("bomb", "cannot be read as an image (DecompressionBombWarning: "),
        ("large bomb", "cannot be read as an image (DecompressionBombError: "),
        ("float", "holds 32-bit floating point values, whose range is unknown; give a .npy file"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, monkeypatch, write, data, complaint):
    path = tmp_path / "image.tif"
    if data == "cut":
        write(ramp(size=(50, 50)), "image.png")
        path.write_bytes((tmp_path / "image.png").read_bytes()[:-30])
    elif data in {"bomb", "large bomb"}:
        write(ramp(), path.name)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20 if data == "bomb" else 10)
    elif data == "float":
        write(Image.fromarray(np.zeros((6, 4), np.float32)), path.name)
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_image(path, GREY)
    assert str(caught.value).startswith(f"{path}: error: ")
    assert complaint in str(caught.value)


def test_image_files_do_not_have_two_channels(write):
    with pytest.raises(DataError, match=r"1 or 3 channels, the run's images 2; give a .npy .*D084"):
        read_image(write(ramp()), (2, 6, 4))


def test_changes_are_told_once_with_an_example(write):
    fine, other = read_image(write(ramp()), GREY), read_image(write(ramp(size=(5, 5))), GREY)
    assert describe_changes([("a", fine)]) == []
    assert describe_changes([("a", fine), ("b", other)]) == [
        "warning: 1 image was resized to 4x6, namely b (5x5 L)"
    ]
    assert describe_changes([("b", other), ("c", other)]) == [
        "warning: 2 images were resized to 4x6, the first being b (5x5 L)"
    ]
