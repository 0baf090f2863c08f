"""Image files as pixels of a given shape."""

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from framework.errors import DataError, Fault

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""What is taken for an image in a folder, in any case of letters."""

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # PostScript is a program
_MODES = {1: "L", 3: "RGB"}
_COLOURS = {1: "grey", 3: "colour"}
_SIXTEEN_BITS = 65535


@dataclass(frozen=True)
class ImageFile:
    """An image file as read.

    Attributes:
        pixels: its pixels, in the shape asked for.
        changes: what was done to it for that, such as `resized to 28x28`.
        found: how it was before, such as `640x480 RGB`.
    """

    pixels: UInt8[np.ndarray, "channels height width"]
    changes: tuple[str, ...]
    found: str


def read_image(path: Path, shape: tuple[int, int, int]) -> ImageFile:
    """Read an image file, upright, opaque, and of this shape.

    An image of another size is resized, without regard to its proportions; colours become grey, or
    grey becomes a colour; what is transparent becomes white.

    Args:
        path: the file.
        shape: (channels, height, width) of the images that the run knows.

    Raises:
        DataError: it cannot be read, or image files cannot have so many channels.
    """
    channels, height, width = shape
    if channels not in _MODES:
        message = f"image files have 1 or 3 channels, the run's images {channels}"
        raise DataError(Fault("D084", message, place=str(path), hint="give a .npy file"))
    image = _opened(path)
    found = f"{image.width}x{image.height} {image.mode}"
    changes = []
    if image.mode != _MODES[channels]:
        image = _with_mode(image, _MODES[channels], path)
        changes.append(f"made {_COLOURS[channels]}")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BICUBIC)  # smooths what it shrinks
        changes.append(f"resized to {width}x{height}")
    pixels = np.array(image, dtype=np.uint8).reshape(height, width, channels)
    return ImageFile(np.moveaxis(pixels, 2, 0), tuple(changes), found)


def describe_changes(images: Iterable[tuple[str, ImageFile]]) -> list[str]:
    """Say once for each kind of change to how many images it was done, and name one of them."""
    done = [(change, name, image) for name, image in images for change in image.changes]
    counts = Counter(change for change, _, _ in done)
    firsts = {change: (name, image.found) for change, name, image in reversed(done)}
    return [
        f"warning: {count} {'images were' if count > 1 else 'image was'} {change}, "
        f"{'the first being' if count > 1 else 'namely'} {firsts[change][0]} ({firsts[change][1]})"
        for change, count in counts.items()
    ]


def _opened(path: Path) -> Image.Image:
    """The first image of a file, upright and decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                image.load()
                return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    except Image.DecompressionBombWarning as error:
        raise _unreadable(path, error) from error


def _with_mode(image: Image.Image, mode: str, path: Path) -> Image.Image:
    if image.mode == "F":
        message = "holds 32-bit floating point values, whose range is unknown"
        raise DataError(Fault("D083", message, place=str(path), hint="give a .npy file"))
    if image.mode.startswith("I"):  # Pillow would cut 16 bits off at 255
        values = np.array(image, dtype=np.float64) * (255 / _SIXTEEN_BITS)
        image = Image.fromarray(values.round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(opaque, image.convert("RGBA"))
    if image.mode == "LAB":  # Pillow turns it into RGB and nothing else
        image = image.convert("RGB")
    return image.convert(mode)


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
    message = f"cannot be read as an image ({type(error).__name__}: {reason})"
    return DataError(Fault("D083", message, place=str(path)))
